"""From a corpus to training data: read, labeled, tokenized and packed."""
