"""What bench/evidence.py trains: sets of pictures, nets, recipes of augmentation, the study, and its page."""
