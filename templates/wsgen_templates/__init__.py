"""The templates of wsgen."""
