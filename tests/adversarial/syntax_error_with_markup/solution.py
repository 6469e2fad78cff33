"""A file that does not compile, at a line with markup, escapes and text that runs the other way."""

x = 1 + + * "<script>alert(1)</script>" # [2J]0;title ‮ gnorw ⁦ <b>
