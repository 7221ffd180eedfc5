namespace MuonSharp.Formats.Tests.Safetensors;

public sealed class SafetensorsReadingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-formats-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_missing_file_a_directory_and_a_strange_path_are_refused_in_plain_words()
    {
        Assert.EndsWith("nothing.safetensors: there is no such file", Message(Path.Combine(_folder, "nothing.safetensors")), StringComparison.Ordinal);
        Assert.EndsWith("there is no such file", Message(Path.Combine(_folder, "no", "where.safetensors")), StringComparison.Ordinal);
        Assert.EndsWith("a file is needed; this is a directory", Message(_folder), StringComparison.Ordinal);
        Assert.EndsWith("this is not a valid path", Message("a\0b"), StringComparison.Ordinal);
        Assert.EndsWith("this is not a valid path", Message(""), StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_is_refused()
    {
        if (OperatingSystem.IsWindows()) return;
        Assert.StartsWith("[safetensors] /dev/null: ", Message("/dev/null"), StringComparison.Ordinal);
        Assert.StartsWith("[safetensors] /dev/zero: ", Message("/dev/zero"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_while_it_is_open_is_noticed()
    {
        string path = Path.Combine(_folder, "cut.safetensors");
        SafetensorsWriter.Write(path, [new NamedTensor("a", [1000], new float[1000])]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(2000);
        InvalidFileException exception = Assert.Throws<InvalidFileException>(() => file.ReadFloats("a", new float[1000]));
        Assert.Contains("must not change while it is open", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_is_read_only_as_what_it_is()
    {
        using SafetensorsFile file = SafetensorsFile.Open(HandMade.Small(), "small.safetensors");
        Assert.Equal("[safetensors] small.safetensors: there is no tensor 'bias'", Refusal(() => file.ReadFloats("bias", new float[1])));
        Assert.Equal("[safetensors] small.safetensors: tensor 'weight': 5 elements are needed; it is F32 [2, 3]", Refusal(() => file.ReadFloats("weight", new float[5])));
        Assert.Equal("[safetensors] small.safetensors: tensor 'ids': it must hold F32, F16, BF16 or F64; it is I32 [2]", Refusal(() => file.ReadFloats("ids", new float[2])));
        Assert.Equal("[safetensors] small.safetensors: tensor 'half': it must hold integers; it is F16 [3]", Refusal(() => file.ReadIntegers("half", new long[3])));
        Assert.False(file.TryGet("bias", out _));
        Assert.True(file.TryGet("half", out TensorEntry? half));
        Assert.Equal(3, half.Count);
    }

    [Fact]
    public void An_integer_that_does_not_fit_is_refused()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [new NamedTensor("u", TensorType.U64, [1], new byte[] { 0, 0, 0, 0, 0, 0, 0, 128 })]);
        using SafetensorsFile file = SafetensorsFile.Open(stream.ToArray(), "u64");
        Assert.Contains("tensor 'u': its integers must fit 63 bits and a sign", Refusal(() => file.ReadIntegers("u", new long[1])), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_threads_read_one_file_at_once()
    {
        string path = Path.Combine(_folder, "shared.safetensors");
        SafetensorsWriter.Write(path, Enumerable.Range(0, 8).Select(i => new NamedTensor($"t{i}", [1000], Enumerable.Repeat((float)i, 1000).ToArray())));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        _ = Parallel.For(0, 64, round =>
        {
            float[] values = new float[1000];
            file.ReadFloats($"t{round % 8}", values);
            Assert.All(values, value => Assert.Equal(round % 8, value));
        });
    }

    private static string Message(string path) => Assert.Throws<InvalidFileException>(() => SafetensorsFile.Open(path)).Message;

    private static string Refusal(Action read) => Assert.Throws<InvalidFileException>(read).Message;
}
