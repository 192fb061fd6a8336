"""How text of an untrusted document may enter output: one function per landing place, for each target.

Nothing of a document reaches a template but through `python.literal`, `identifier`, `comment`, `docstring`,
or through `markdown.text` and `code`.
"""
