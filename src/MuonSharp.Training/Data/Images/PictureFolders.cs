using System.Collections.Immutable;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Reads a folder that holds a folder of PNG and JPEG files for each class.</summary>
internal static class PictureFolders
{
    private const string Operation = "images";
    private const long MostBytes = 1L << 31;
    private static readonly string[] s_endings = [".png", ".jpg", ".jpeg"];

    /// <summary>Whether a file's name says that it is a picture.</summary>
    public static bool IsPicture(string path) => s_endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads all pictures, classes and files in ordinal order of their names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="decoder">Reads a picture.</param>
    /// <param name="leftOut">Receives the files of classes that are no pictures by their names, but hidden ones.</param>
    /// <param name="classes">The classes there must be at most; null: those that there are.</param>
    /// <returns>Null where no folder in it holds a picture.</returns>
    /// <exception cref="InvalidFileException">A picture is damaged, or of another size than the first; there is no decoder; a class is none of the given.</exception>
    public static ImageSet? Read(string folder, IImageDecoder? decoder, ICollection<string> leftOut, ImmutableArray<string>? classes = null)
    {
        try
        {
            ILookup<bool, (string Class, string File)> files = Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
                .SelectMany(path => Directory.EnumerateFiles(path).Order(StringComparer.Ordinal), (path, file) => (Path.GetFileName(path), file)).ToLookup(each => IsPicture(each.file));
            (string Class, string[] Files)[] found = [.. files[true].GroupBy(each => each.Class, (name, those) => (name, those.Select(each => each.File).ToArray()))];
            if (found.Length == 0)
            {
                return null;
            }

            foreach (string file in files[false].Select(each => each.File).Where(file => !Path.GetFileName(file).StartsWith('.')))
            {
                leftOut.Add(Path.GetRelativePath(folder, file));
            }

            ImmutableArray<string> names = classes ?? [.. found.Select(each => OneLine.Short(each.Class))];
            return Read(folder, found, names, decoder ?? throw new InvalidFileException(Operation, folder, "PNG and JPEG files need a decoder, which this program was not given (TrainerOptions.ImageDecoder)"));
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.UnreadableFolder(Operation, folder, exception);
        }
    }

    private static ImageSet Read(string folder, (string Class, string[] Files)[] found, ImmutableArray<string> names, IImageDecoder decoder)
    {
        ImageShape? shape = null;
        byte[] pixels = [];
        List<int> labels = [];
        int count = found.Sum(each => each.Files.Length);
        foreach ((string name, string[] files) in found)
        {
            int label = names.IndexOf(OneLine.Short(name));
            if (label < 0)
            {
                throw new InvalidFileException(Operation, folder, $"classes must be those to train on, {string.Join(", ", names.Take(10))}; {OneLine.Quote(name)} came");
            }

            foreach (string file in files)
            {
                (byte[] picture, ImageShape size) = decoder.Decode(file);
                if (shape is null)
                {
                    shape = size;
                    pixels = count * size.Length <= MostBytes && count * size.Length <= Array.MaxLength ? new byte[count * size.Length]
                        : throw new InvalidFileException(Operation, folder, $"all pictures together must be at most {MostBytes} bytes; {count} of {size} came");
                }

                if (size != shape)
                {
                    throw new InvalidFileException(Operation, file, $"all pictures must have one size, that of the first, {shape}; {size} came; image.size scales them to one");
                }

                picture.CopyTo(pixels.AsSpan(checked((int)(labels.Count * size.Length))));
                labels.Add(label);
            }
        }

        return new(shape!.Value, pixels, [.. labels], names);
    }
}
