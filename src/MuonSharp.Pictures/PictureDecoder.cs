using MuonSharp.Formats;
using SkiaSharp;

namespace MuonSharp.Pictures;

/// <summary>Reads PNG and JPEG files with SkiaSharp's native decoders.</summary>
/// <remarks>A file of which a part is missing is an error and no picture with a grey rest; so is one whose checksums are wrong. What a header says is looked at before memory is taken for it.</remarks>
public sealed class PictureDecoder : IImageDecoder
{
    /// <summary>Most pixels of a picture: 64 million.</summary>
    public const int MostPixels = 1 << 26;

    private const string Operation = "picture";
    private const long MostBytes = 1L << 28;

    /// <inheritdoc/>
    public (byte[] Pixels, ImageShape Shape) Decode(string path)
    {
        byte[] bytes;
        try
        {
            long length = new FileInfo(path).Length;
            bytes = length <= MostBytes ? File.ReadAllBytes(path) : throw new InvalidFileException(Operation, path, $"a picture's file has at most {MostBytes} bytes; {length} came");
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(Operation, path, exception);
        }

        return Decode(bytes, path);
    }

    /// <summary>Reads a picture from the bytes of its file.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="path">The file, for messages.</param>
    /// <returns>Its pixels, shape [3, height, width], and its size.</returns>
    /// <exception cref="InvalidFileException">They are no picture, or damaged.</exception>
    public static (byte[] Pixels, ImageShape Shape) Decode(byte[] bytes, string path)
    {
        try
        {
            return Read(bytes, path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException)
        {
            throw new InvalidFileException(Operation, path, "pictures need SkiaSharp's native library for this system; there is none", exception);
        }
    }

    private static (byte[] Pixels, ImageShape Shape) Read(byte[] bytes, string path)
    {
        // An empty file is no data to the decoder, which throws then.
        using SKData? data = bytes.Length == 0 ? null : SKData.CreateCopy(bytes);
        using SKCodec? codec = data is null ? null : SKCodec.Create(data);
        if (codec is null || codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg))
        {
            throw new InvalidFileException(Operation, path, $"a PNG or JPEG file is needed; {(codec is null ? "something else, or a damaged header," : codec.EncodedFormat.ToString())} came");
        }

        (int width, int height) = (codec.Info.Width, codec.Info.Height);
        if (width < 1 || height < 1 || (long)width * height > MostPixels)
        {
            throw new InvalidFileException(Operation, path, $"a picture has 1 to {MostPixels} pixels; {width} x {height} came");
        }

        using SKBitmap bitmap = new(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        SKCodecResult result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
        {
            throw new InvalidFileException(Operation, path, $"the whole picture must be there and sound; {(result == SKCodecResult.IncompleteInput ? "a part is missing" : result.ToString())}");
        }

        ReadOnlySpan<byte> rows = bitmap.GetPixelSpan();
        (int plane, int stride) = (width * height, bitmap.RowBytes);
        byte[] pixels = new byte[3 * plane];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    pixels[(channel * plane) + (y * width) + x] = rows[(y * stride) + (x * 4) + channel];
                }
            }
        }

        return (pixels, new(3, height, width));
    }
}
