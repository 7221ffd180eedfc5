using MuonSharp.Formats;

namespace MuonSharp.Training.Tests;

/// <summary>Folders of images: which form they have, what is held out, what is refused.</summary>
public sealed class ImageFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("muonsharp-image-files-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Four_idx_files_are_training_and_test()
    {
        (ImageSet training, ImageSet heldOut) = Load(TinyImages.Write(_folder.FullName));
        Assert.Equal((240, 60, 3, 3), (training.Count, heldOut.Count, training.Classes.Length, heldOut.Classes.Length));
        Assert.Equal(TinyImages.Set(240, 1).Pixels.ToArray(), training.Pixels.ToArray());
    }

    [Fact]
    public void Without_test_files_a_share_is_held_out_by_the_seed()
    {
        TinyImages.Write(_folder.FullName);
        File.Delete(Path.Combine(_folder.FullName, "t10k-images-idx3-ubyte"));
        (ImageSet training, ImageSet heldOut) = Load(_folder.FullName);
        Assert.Equal((216, 24), (training.Count, heldOut.Count));
        HashSet<string> images = [.. All(training), .. All(heldOut)];
        Assert.Equal(240, images.Count);
        Assert.Equal([.. All(heldOut)], All(Load(_folder.FullName).HeldOut));
        Assert.NotEqual([.. All(heldOut)], All(ImageFiles.Load(_folder.FullName, 0.1, 8, null).HeldOut));

        static IEnumerable<string> All(ImageSet set) => Enumerable.Range(0, set.Count).Select(i => Convert.ToHexString(set[i]));
    }

    [Fact]
    public void Cifar_files_are_joined_and_have_the_names_of_their_list()
    {
        byte[] Record(byte label) => [label, .. Enumerable.Repeat(label, 3072)];
        foreach ((int part, byte label) in new[] { (1, (byte)3), (2, (byte)0), (3, (byte)1), (4, (byte)8), (5, (byte)2) })
        {
            File.WriteAllBytes(Path.Combine(_folder.FullName, $"data_batch_{part}.bin"), [.. Record(label), .. Record(9)]);
        }

        File.WriteAllBytes(Path.Combine(_folder.FullName, "test_batch.bin"), Record(7));
        (ImageSet training, ImageSet heldOut) = Load(_folder.FullName);
        Assert.Equal([3, 9, 0, 9, 1, 9, 8, 9, 2, 9], training.Labels.ToArray());
        Assert.Equal((new ImageShape(3, 32, 32), 7, "7"), (training.Shape, heldOut.Labels[0], heldOut.Classes[7]));
        File.WriteAllText(Path.Combine(_folder.FullName, "batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
        Assert.Equal("h", Load(_folder.FullName).HeldOut.Classes[7]);
    }

    [Theory]
    [InlineData("3", "", "data_batch_1.bin with 6,146 bytes, data_batch_2.bin with 6,146 bytes, data_batch_4.bin with 6,146 bytes, data_batch_5.bin with 6,146 bytes came, and data_batch_3.bin is missing")]
    [InlineData("2,3,4,5", "", "data_batch_1.bin with 6,146 bytes came, and data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin are missing")]
    [InlineData("5", "2", "data_batch_2.bin with 3,073 bytes, data_batch_3.bin with 6,146 bytes, data_batch_4.bin with 6,146 bytes came, and data_batch_5.bin is missing")]
    [InlineData("", "4", "all of one length; data_batch_1.bin with 6,146 bytes, data_batch_2.bin with 6,146 bytes, data_batch_3.bin with 6,146 bytes, data_batch_4.bin with 3,073 bytes, data_batch_5.bin with 6,146 bytes came")]
    public void Parts_of_cifar_that_are_missing_or_cut_off_are_one_error(string missing, string torn, string message)
    {
        for (int part = 1; part <= 5; part++)
        {
            // Cut off between two records, so that the file by itself is a sound one.
            int records = torn == $"{part}" ? 1 : 2;
            if (!missing.Contains($"{part}", StringComparison.Ordinal))
            {
                File.WriteAllBytes(Path.Combine(_folder.FullName, $"data_batch_{part}.bin"), new byte[records * 3073]);
            }
        }

        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Load(_folder.FullName));
        Assert.EndsWith(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Pictures_are_read_by_class_and_name()
    {
        foreach ((string path, int grey) in new[] { ("train/dog/2.png", 2), ("train/dog/10.JPG", 10), ("train/cat/a.png", 5), ("train/cat/notes.txt", 0), ("test/dog/x.jpeg", 7) })
        {
            Directory.CreateDirectory(Path.Combine(_folder.FullName, Path.GetDirectoryName(path)!));
            File.WriteAllText(Path.Combine(_folder.FullName, path), $"{grey}");
        }

        File.WriteAllText(Path.Combine(_folder.FullName, "test/dog/.hidden"), "");
        List<string> leftOut = [];
        (ImageSet training, ImageSet heldOut) = ImageFiles.Load(_folder.FullName, 0.1, 7, new GreyDecoder(), leftOut);
        Assert.Equal([Path.Combine("cat", "notes.txt")], leftOut);
        Assert.Equal(["cat", "dog"], training.Classes);
        Assert.Equal([0, 1, 1], training.Labels.ToArray());
        Assert.Equal([1], heldOut.Labels.ToArray());
        Assert.Equal([5, 10, 2], Enumerable.Range(0, 3).Select(i => (int)training[i][0]));
        Assert.Contains("need a decoder", Assert.Throws<InvalidFileException>(() => Load(_folder.FullName)).Message, StringComparison.Ordinal);

        File.WriteAllText(Path.Combine(_folder.FullName, "train/dog/3.png"), "-1");
        Assert.Contains("one size, that of the first, 3x2x2; 3x1x1 came", Assert.Throws<InvalidFileException>(() => ImageFiles.Load(_folder.FullName, 0.1, 7, new GreyDecoder())).Message, StringComparison.Ordinal);
        (training, heldOut) = ImageFiles.Load(_folder.FullName, 0.1, 7, new GreyDecoder(), size: 3);
        Assert.Equal((new ImageShape(3, 3, 3), new ImageShape(3, 3, 3), 4), (training.Shape, heldOut.Shape, training.Count));
        Assert.Equal(new int[][] { [5, 5], [10, 10], [2, 2], [1, 1] }, Enumerable.Range(0, 4).Select(i => new int[] { training[i][0], training[i][26] }));
        File.Delete(Path.Combine(_folder.FullName, "train/dog/3.png"));
        Directory.Move(Path.Combine(_folder.FullName, "test/dog"), Path.Combine(_folder.FullName, "test/cow"));
        Assert.Contains("'cow' came", Assert.Throws<InvalidFileException>(() => ImageFiles.Load(_folder.FullName, 0.1, 7, new GreyDecoder())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_something_else_is_refused()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "notes.txt"), "none");
        Assert.Contains("none came", Assert.Throws<InvalidFileException>(() => Load(_folder.FullName)).Message, StringComparison.Ordinal);
        Assert.Contains("no such folder", Assert.Throws<InvalidFileException>(() => Load(Path.Combine(_folder.FullName, "nowhere"))).Message, StringComparison.Ordinal);
        TinyImages.Write(_folder.FullName);
        File.Delete(Path.Combine(_folder.FullName, "train-labels-idx1-ubyte"));
        Assert.Contains("must have its labels beside it", Assert.Throws<InvalidFileException>(() => Load(_folder.FullName)).Message, StringComparison.Ordinal);
    }

    private static (ImageSet Training, ImageSet HeldOut) Load(string folder) => ImageFiles.Load(folder, 0.1, 7, null);

    /// <summary>Reads a number and makes it a picture of that grey; below 0 one of another size.</summary>
    private sealed class GreyDecoder : IImageDecoder
    {
        public (byte[] Pixels, ImageShape Shape) Decode(string path)
        {
            int grey = int.Parse(File.ReadAllText(path), System.Globalization.CultureInfo.InvariantCulture);
            int size = grey < 0 ? 1 : 2;
            return ([.. Enumerable.Repeat((byte)Math.Abs(grey), 3 * size * size)], new(3, size, size));
        }
    }
}
