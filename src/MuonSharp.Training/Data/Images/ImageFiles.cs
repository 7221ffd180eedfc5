using System.Collections.Immutable;
using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A folder of images in one of the forms that data sets come in: IDX files as MNIST's, CIFAR's binary files, or a folder for each class.</summary>
internal static class ImageFiles
{
    private const string Operation = "images";

    /// <summary>The forms; the first that a folder has is read.</summary>
    private static readonly Func<string, IImageDecoder?, ICollection<string>, (ImageSet Training, ImageSet? Test)?>[] s_forms = [Idx, CifarTen, CifarHundred, ClassFolders];

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="share">Share of the images that is held out where the folder holds none for that.</param>
    /// <param name="seed">Which ones: drawn by this seed.</param>
    /// <param name="decoder">Reads PNG and JPEG files; null: they cannot be read.</param>
    /// <param name="leftOut">Receives the names of files among the pictures that are none; null: nobody asks.</param>
    /// <param name="size">Rows and columns that every image is scaled to; null: they have one size.</param>
    /// <exception cref="InvalidFileException">A file of it is damaged, or there is no data set.</exception>
    public static (ImageSet Training, ImageSet HeldOut) Load(string folder, double share, ulong seed, IImageDecoder? decoder, ICollection<string>? leftOut = null, int? size = null)
    {
        if (PathProblem.OfNoFolder(folder) is { } problem)
        {
            throw new InvalidFileException(Operation, folder, $"a folder of images is needed; {problem}");
        }

        decoder = decoder is not null && size is { } side ? new SquareDecoder(decoder, side) : decoder;
        (ImageSet training, ImageSet? test) = s_forms.Select(form => form(folder, decoder, leftOut ?? [])).FirstOrDefault(found => found is not null) ?? throw new InvalidFileException(
            Operation, folder, "the folder must hold train-images-idx3-ubyte and its like (.gz or not), data_batch_1.bin and its like, train.bin, or a folder of PNG and JPEG files for each class; none came");
        int classes = Math.Max(training.Classes.Length, test?.Classes.Length ?? 0);
        training = training.Classes.Length < classes ? training.WithClasses(test!.Classes) : training;
        test = test is { } given && given.Classes.Length < classes ? given.WithClasses(training.Classes) : test;
        (training, test) = (Squares(training, size), test is null ? null : Squares(test, size));
        if (test is not null)
        {
            return test.Shape == training.Shape ? (training, test)
                : throw new InvalidFileException(Operation, folder, $"all images must have one size; {training.Shape} to train on and {test.Shape} held out came; image.size scales them");
        }

        EpochOrder order = new(training.Count, seed, "images/split");
        int held = Math.Clamp((int)Math.Round(training.Count * share), 1, Math.Max(1, training.Count - 1));
        return training.Count < 2 ? throw new InvalidFileException(Operation, folder, "there must be two images at least, one to train on and one held out; one came")
            : (training.Select([.. Enumerable.Range(held, training.Count - held).Select(i => order.At(i)).Order()]), training.Select([.. Enumerable.Range(0, held).Select(i => order.At(i)).Order()]));
    }

    /// <summary>Whether classes have no names but their numbers: those of IDX files, and of CIFAR's without their list of names.</summary>
    public static bool AreNumbers(ImmutableArray<string> classes) => classes.Select((name, number) => name == number.ToString(CultureInfo.InvariantCulture)).All(same => same);

    /// <summary>The images scaled to a size; as they are where they have it.</summary>
    private static ImageSet Squares(ImageSet set, int? size)
    {
        if (size is not { } side || (set.Shape.Height == side && set.Shape.Width == side))
        {
            return set;
        }

        ImageShape square = new(set.Shape.Channels, side, side);
        byte[] pixels = set.Count * square.Length <= Array.MaxLength ? new byte[set.Count * square.Length]
            : throw new BadInputException(FormattableString.Invariant($"[images] image.size must leave all images together at most {Array.MaxLength} bytes; {set.Count} of {square} came"));
        for (int i = 0; i < set.Count; i++)
        {
            ImageScaling.Square(set[i], set.Shape, side).CopyTo(pixels.AsSpan((int)(i * square.Length)));
        }

        return new(square, pixels, set.Labels.ToArray(), set.Classes);
    }

    private static (ImageSet Training, ImageSet? Test)? Idx(string folder, IImageDecoder? decoder, ICollection<string> leftOut) =>
        IdxPair(folder, "train") is { } training ? (training, IdxPair(folder, "t10k") ?? IdxPair(folder, "test")) : null;

    private static ImageSet? IdxPair(string folder, string part) =>
        Find(folder, $"{part}-images-idx3-ubyte", $"{part}-images.idx3-ubyte") is not { } images ? null
        : Find(folder, $"{part}-labels-idx1-ubyte", $"{part}-labels.idx1-ubyte") is { } labels ? IdxFile.Read(images, labels)
        : throw new InvalidFileException(Operation, folder, $"{Path.GetFileName(images)} must have its labels beside it, {part}-labels-idx1-ubyte; none came");

    private static string? Find(string folder, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            foreach (string path in (string[])[Path.Combine(folder, name), Path.Combine(folder, name + ".gz")])
            {
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    private static (ImageSet Training, ImageSet? Test)? CifarTen(string folder, IImageDecoder? decoder, ICollection<string> leftOut)
    {
        string[] parts = [.. Enumerable.Range(1, 5).Select(i => Path.Combine(folder, $"data_batch_{i}.bin"))];
        if (!parts.Any(File.Exists))
        {
            return null;
        }

        RequireWhole(folder, parts);
        return Named(folder, "batches.meta.txt", ImageSet.Join([.. parts.Select(CifarFile.ReadTen)]), Optional(folder, "test_batch.bin", CifarFile.ReadTen));
    }

    /// <summary>All parts are there and of one length: a part that was cut off between two records would pass for a whole one.</summary>
    private static void RequireWhole(string folder, IReadOnlyList<string> parts)
    {
        FileInfo[] files = [.. parts.Select(part => new FileInfo(part))];
        if (Array.TrueForAll(files, file => file.Exists && file.Length == files[0].Length))
        {
            return;
        }

        string[] missing = [.. files.Where(file => !file.Exists).Select(file => file.Name)];
        string there = string.Join(", ", files.Where(file => file.Exists).Select(file => FormattableString.Invariant($"{file.Name} with {file.Length:N0} bytes")));
        throw new InvalidFileException(Operation, folder, $"the parts of CIFAR-10 must be data_batch_1.bin to data_batch_5.bin, all of one length; {there} came{(missing.Length == 0 ? "" : $", and {string.Join(", ", missing)} {(missing.Length == 1 ? "is" : "are")} missing")}");
    }

    private static (ImageSet Training, ImageSet? Test)? CifarHundred(string folder, IImageDecoder? decoder, ICollection<string> leftOut) =>
        Optional(folder, "train.bin", CifarFile.ReadHundred) is { } training ? Named(folder, "fine_label_names.txt", training, Optional(folder, "test.bin", CifarFile.ReadHundred)) : null;

    private static ImageSet? Optional(string folder, string name, Func<string, ImageSet> read) => Path.Combine(folder, name) is var path && File.Exists(path) ? read(path) : null;

    /// <summary>The sets with the names of the classes that a file lists, one a line; without such a file, or with another number of names, they are numbered.</summary>
    private static (ImageSet Training, ImageSet? Test) Named(string folder, string file, ImageSet training, ImageSet? test)
    {
        string path = Path.Combine(folder, file);
        try
        {
            if (File.Exists(path) && new FileInfo(path).Length < 1 << 16)
            {
                ImmutableArray<string> names = [.. File.ReadLines(path).Select(line => OneLine.Short(line.Trim())).Where(line => line.Length > 0)];
                return names.Length == training.Classes.Length ? (training.WithClasses(names), test?.WithClasses(names)) : (training, test);
            }
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(Operation, path, exception);
        }

        return (training, test);
    }

    private static (ImageSet Training, ImageSet? Test)? ClassFolders(string folder, IImageDecoder? decoder, ICollection<string> leftOut)
    {
        string train = Path.Combine(folder, "train");
        string? test = ((string[])["test", "val", "validation"]).Select(name => Path.Combine(folder, name)).FirstOrDefault(Directory.Exists);
        if (!Directory.Exists(train))
        {
            return PictureFolders.Read(folder, decoder, leftOut) is { } all ? (all, null) : null;
        }

        return PictureFolders.Read(train, decoder, leftOut) is { } training ? (training, test is null ? null : PictureFolders.Read(test, decoder, leftOut, training.Classes)) : null;
    }
}
