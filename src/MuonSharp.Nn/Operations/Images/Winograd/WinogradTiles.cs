namespace MuonSharp.Nn;

/// <summary>The tiles that images are cut into: tile t is <see cref="WinogradForm.Output"/> pixels high and wide, row by row of each image; those at the right and lower edge may reach over it.</summary>
/// <param name="result">The images that the tiles compute.</param>
internal readonly struct WinogradTiles(Images result)
{
    private readonly int _across = (result.Width + WinogradForm.Output - 1) / WinogradForm.Output;
    private readonly int _down = (result.Height + WinogradForm.Output - 1) / WinogradForm.Output;

    /// <summary>Number of tiles of an image.</summary>
    public int OfImage => _across * _down;

    /// <summary>Number of tiles.</summary>
    public int Count => checked(result.Batch * OfImage);

    /// <summary>Where a tile begins.</summary>
    /// <param name="tile">Its number.</param>
    /// <returns>The image, and the tile's first pixel in it.</returns>
    public (int Image, int Top, int Left) At(int tile)
    {
        (int image, int inImage) = Math.DivRem(tile, OfImage);
        (int row, int column) = Math.DivRem(inImage, _across);
        return (image, row * WinogradForm.Output, column * WinogradForm.Output);
    }
}

/// <summary>Images with channels last as squares of pixels are read from them: outside there is nothing but zeros.</summary>
/// <param name="data">The first pixel's channels.</param>
/// <param name="images">Their number and size.</param>
/// <param name="channels">Channels of a pixel.</param>
internal readonly unsafe struct PixelSquares(float* data, Images images, int channels)
{
    /// <summary>Channels of a pixel.</summary>
    public int Channels => channels;

    /// <summary>Finds the pixels of a square.</summary>
    /// <param name="image">The image.</param>
    /// <param name="top">First row, which may lie outside.</param>
    /// <param name="left">First column, which may lie outside.</param>
    /// <param name="size">Rows and columns.</param>
    /// <param name="outside">What stands for a pixel outside; null tells it.</param>
    /// <param name="pixels">Out: the channels of each pixel, row by row.</param>
    public void Find(int image, int top, int left, int size, float* outside, float** pixels)
    {
        for (int y = 0; y < size; y++)
        {
            bool isInside = (uint)(top + y) < (uint)images.Height;
            float* line = data + ((((nint)image * images.Height) + top + y) * images.Width * channels);
            for (int x = 0; x < size; x++)
            {
                *pixels++ = isInside && (uint)(left + x) < (uint)images.Width ? line + ((nint)(left + x) * channels) : outside;
            }
        }
    }
}
