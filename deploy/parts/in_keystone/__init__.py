"""What runs inside Keystone's environment: it may import Keystone, and nothing of ours."""
