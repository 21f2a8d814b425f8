"""One file for each change of the schema, none of them ever edited once released."""
