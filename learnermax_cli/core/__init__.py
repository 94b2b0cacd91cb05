"""What every room needs: errors, money, times, texts, ownership."""
