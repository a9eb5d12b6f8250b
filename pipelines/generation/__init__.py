"""Copy in which every claim can be traced: drafted from passages, verified by the sentence, kept with its papers."""
