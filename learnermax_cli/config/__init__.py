"""Settings, env file, key names, and the guards that settings must pass."""
