"""What developers run beside the program itself. Nothing here is part of the wheel."""
