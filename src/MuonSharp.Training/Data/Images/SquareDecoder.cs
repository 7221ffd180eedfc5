using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Reads pictures and scales them.</summary>
internal sealed class SquareDecoder(IImageDecoder decoder, int size) : IImageDecoder
{
    public (byte[] Pixels, ImageShape Shape) Decode(string path)
    {
        (byte[] pixels, ImageShape shape) = decoder.Decode(path);
        return (ImageScaling.Square(pixels, shape, size), shape with { Height = size, Width = size });
    }
}
