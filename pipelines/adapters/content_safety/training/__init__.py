"""How the offline screen's weights are made: invented sentences out of templates, and linear models over them."""
