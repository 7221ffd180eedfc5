namespace MuonSharp.Formats;

/// <summary>Reads a picture file of a common kind, such as PNG or JPEG. The core has none: the assembly <c>MuonSharp.Pictures</c> brings one.</summary>
public interface IImageDecoder
{
    /// <summary>Reads a picture.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its pixels, shape [3, height, width]: red, green and blue; a transparent one over black.</returns>
    /// <exception cref="InvalidFileException">The file cannot be read, is no picture, or is damaged: also when only a part of it is there.</exception>
    (byte[] Pixels, ImageShape Shape) Decode(string path);
}
