"""Names the files, given as arguments, that are not PowerShell by tree-sitter's grammar of it."""

import sys

import tree_sitter
import tree_sitter_powershell

parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        if parser.parse(file.read()).root_node.has_error:
            print(path)
