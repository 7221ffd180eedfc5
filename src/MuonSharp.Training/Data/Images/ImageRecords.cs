using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Reads single images: pictures, and records of files of many.</summary>
internal static class ImageRecords
{
    private const char Mark = '#';

    /// <summary>Reads an image.</summary>
    /// <param name="name">A picture's file, or a file of many with the record's number behind a mark.</param>
    /// <param name="classes">Classes there are: 100 for CIFAR-100, whose records have two labels.</param>
    /// <param name="decoder">Reads PNG and JPEG files.</param>
    public static (byte[] Pixels, ImageShape Shape) Read(string name, int classes, IImageDecoder? decoder)
    {
        if (PictureFolders.IsPicture(name))
        {
            return (decoder ?? throw new InvalidFileException("images", name, "PNG and JPEG files need a decoder, which this program was not given")).Decode(name);
        }

        int mark = name.LastIndexOf(Mark), record = 0;
        string path = mark > 0 && !File.Exists(name) ? name[..mark] : name;
        if (path != name && !int.TryParse(name.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out record))
        {
            throw new BadInputException($"[images] a record's number follows {Mark}, from 0 on; {OneLine.Quote(name)} came");
        }

        if (path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase))
        {
            ImageSet set = classes == 100 ? CifarFile.ReadHundred(path) : CifarFile.ReadTen(path);
            return (set[Checked(set.Count)].ToArray(), set.Shape);
        }

        (byte[] pixels, ImageShape shape, int count) = IdxFile.ReadImages(path);
        return (pixels.AsSpan(checked((int)(Checked(count) * shape.Length)), (int)shape.Length).ToArray(), shape);

        int Checked(int count) => record < count ? record : throw new BadInputException($"[images] {path}: records are counted from 0 to {count - 1}; {record} came");
    }
}
