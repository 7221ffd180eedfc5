namespace MuonSharp.Formats.Tests;

/// <summary>IDX and CIFAR files: read as they are described, refused where they are not what they say.</summary>
public sealed class ImageFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("muonsharp-images-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Idx_images_and_labels_are_read(bool packed)
    {
        byte[] pixels = HandMadeImages.Noise(5 * 4 * 3, 1);
        byte[] images = HandMadeImages.Idx(pixels, 5, 4, 3), labels = HandMadeImages.Idx([3, 0, 2, 2, 1], 5);
        ImageSet set = IdxFile.Read(Write("images", packed ? HandMadeImages.Gzip(images) : images), Write("labels", packed ? HandMadeImages.Gzip(labels) : labels));
        Assert.Equal((5, new ImageShape(1, 4, 3)), (set.Count, set.Shape));
        Assert.Equal([3, 0, 2, 2, 1], set.Labels.ToArray());
        Assert.Equal(["0", "1", "2", "3"], set.Classes);
        Assert.Equal(pixels, set.Pixels.ToArray());
        Assert.Equal(pixels[24..36], set[2].ToArray());
    }

    [Fact]
    public void Cifar_records_are_read()
    {
        byte[] pixels = HandMadeImages.Noise(4 * 3072, 2);
        ImageSet ten = CifarFile.ReadTen(Write("ten", HandMadeImages.Cifar(pixels, [9, 0, 4, 9])));
        ImageSet hundred = CifarFile.ReadHundred(Write("hundred", HandMadeImages.Cifar(pixels, [99, 0, 31, 9], [19, 0, 1, 2])));
        Assert.Equal([9, 0, 4, 9], ten.Labels.ToArray());
        Assert.Equal([99, 0, 31, 9], hundred.Labels.ToArray());
        Assert.Equal((10, 100), (ten.Classes.Length, hundred.Classes.Length));
        Assert.Equal(pixels, ten.Pixels.ToArray());
        Assert.Equal(pixels, hundred.Pixels.ToArray());
        Assert.Equal(new ImageShape(3, 32, 32), ten.Shape);
    }

    [Fact]
    public void Sets_are_joined_and_selected_from()
    {
        byte[] pixels = HandMadeImages.Noise(4 * 3072, 3);
        ImageSet set = CifarFile.ReadTen(Write("ten", HandMadeImages.Cifar(pixels, [9, 0, 4, 7])));
        ImageSet part = ImageSet.Join([set.Select([3, 1]), set.Select([0])]);
        Assert.Equal([7, 0, 9], part.Labels.ToArray());
        Assert.Equal([.. pixels[9216..], .. pixels[3072..6144], .. pixels[..3072]], part.Pixels.ToArray());
        Assert.Throws<ArgumentException>(() => ImageSet.Join([]));
        Assert.Throws<ArgumentException>(() => set.WithClasses(["one", "two"]));
        Assert.Throws<ArgumentException>(() => new ImageSet(new(1, 2, 2), new byte[7], [0, 0], ["a"]));
    }

    [Theory]
    [InlineData("00 00", "header of four bytes")]
    [InlineData("89 50 4e 47 0d 0a", "must begin with 00 00 08 03, bytes in 3 dimensions; 89 50 4e 47 came")]
    [InlineData("00 00 0d 03 00 00 00 01 00 00 00 01 00 00 00 01 05", "00 00 0d 03 came")]
    [InlineData("00 00 08 01 00 00 00 01 05", "00 00 08 01 came")]
    [InlineData("00 00 08 03 00 00 00 01", "a size for each dimension")]
    [InlineData("00 00 08 03 00 00 00 01 00 00 00 02 00 00 00 02 01 02 03", "it says 4, and 3 follow")]
    [InlineData("00 00 08 03 00 00 00 01 00 00 00 02 00 00 00 01 01 02 03", "it says 2, and 3 follow")]
    [InlineData("00 00 08 03 7f ff ff ff 7f ff ff ff 7f ff ff ff 01", "their product at most")]
    [InlineData("00 00 08 03 ff ff ff ff 00 00 00 01 00 00 00 01 01", "4294967295 came in dimension 1")]
    [InlineData("00 00 08 03 00 00 00 00 00 00 00 01 00 00 00 01", "0 came in dimension 1")]
    public void Wrong_idx_files_are_refused(string hex, string problem)
    {
        string path = Write("images", [.. hex.Split(' ').Select(part => Convert.ToByte(part, 16))]);
        string message = Assert.Throws<InvalidFileException>(() => IdxFile.ReadImages(path)).Message;
        Assert.StartsWith($"[idx] {path}: ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_compressed_file_may_say_no_more_than_it_can_hold()
    {
        byte[] lie = HandMadeImages.Gzip(HandMadeImages.Idx([1, 2, 3, 4], 100_000, 100, 100));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("compressed bytes can hold", Assert.Throws<InvalidFileException>(() => IdxFile.ReadImages(Write("lie", lie))).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        byte[] longer = HandMadeImages.Gzip(HandMadeImages.Idx(new byte[5], 1, 2, 2));
        Assert.Contains("nothing may follow", Assert.Throws<InvalidFileException>(() => IdxFile.ReadImages(Write("longer", longer))).Message, StringComparison.Ordinal);
        byte[] shorter = HandMadeImages.Gzip(HandMadeImages.Idx(new byte[3], 1, 2, 2));
        Assert.Contains("ends after 3 of 4", Assert.Throws<InvalidFileException>(() => IdxFile.ReadImages(Write("shorter", shorter))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_a_label_for_each_image()
    {
        string images = Write("images", HandMadeImages.Idx(new byte[8], 2, 2, 2)), labels = Write("labels", HandMadeImages.Idx([1, 2, 3], 3));
        Assert.Contains("a label for each of the 2 images", Assert.Throws<InvalidFileException>(() => IdxFile.Read(images, labels)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_cifar_files_are_refused()
    {
        byte[] sound = HandMadeImages.Cifar(HandMadeImages.Noise(2 * 3072, 4), [1, 9]);
        Refused([], "0 bytes came");
        Refused(sound[..^1], "6145 bytes came");
        byte[] wrong = [.. sound];
        wrong[3073] = 10;
        Refused(wrong, "must be below 10; 10 came in record 1");
        string missing = Path.Combine(_folder.FullName, "missing");
        Assert.Contains("no such file", Assert.Throws<InvalidFileException>(() => CifarFile.ReadTen(missing)).Message, StringComparison.Ordinal);
        string hundred = Write("hundred", HandMadeImages.Cifar(new byte[3072], [5], [20]));
        Assert.Contains("CIFAR-100 must be below 20; 20 came in record 0", Assert.Throws<InvalidFileException>(() => CifarFile.ReadHundred(hundred)).Message, StringComparison.Ordinal);

        void Refused(byte[] bytes, string problem) =>
            Assert.Contains(problem, Assert.Throws<InvalidFileException>(() => CifarFile.ReadTen(Write("ten", bytes))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3_000)]
    [InlineData(100_000, Explicit = true)]
    public void Damaged_files_are_one_line_errors_or_sound(int rounds)
    {
        byte[] pixels = HandMadeImages.Noise(6 * 5 * 5, 5), idx = HandMadeImages.Idx(pixels, 6, 5, 5);
        byte[][] seeds = [idx, HandMadeImages.Gzip(idx), HandMadeImages.Idx([.. Enumerable.Repeat((byte)7, 90)], 90), HandMadeImages.Cifar(HandMadeImages.Noise(3072, 6), [3])];
        int sound = 0, refused = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < rounds; round++)
        {
            Dice dice = new((ulong)round);
            byte[] seed = seeds[round % seeds.Length], bytes = seed[..(dice.Below(4) == 0 ? dice.Below(seed.Length + 1) : seed.Length)];
            for (int change = 1 + dice.Below(3); change > 0 && bytes.Length > 0; change--)
            {
                bytes[dice.Below(dice.Below(2) == 0 ? Math.Min(20, bytes.Length) : bytes.Length)] = (byte)dice.Below(256);
            }

            string path = Write("damaged", bytes);
            try
            {
                int length = (round % seeds.Length) switch
                {
                    2 => IdxFile.ReadLabels(path).Length,
                    3 => CifarFile.ReadTen(path).Pixels.Length,
                    _ => IdxFile.ReadImages(path).Pixels.Length,
                };
                Assert.InRange(length, 1, 1032 * bytes.Length);
                sound++;
            }
            catch (InvalidFileException error)
            {
                Assert.Contains($"] {path}: ", error.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', error.Message);
                refused++;
            }
        }

        Assert.InRange(sound, rounds / 20, rounds);
        Assert.InRange(refused, rounds / 20, rounds);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / rounds, 0, 300_000);
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
