namespace MuonSharp.Formats.Tests.Safetensors;

/// <summary>Files that other programs wrote: those in the repository, and those in the folders that MUONSHARP_GOLDEN lists.</summary>
public sealed class SafetensorsGoldenTests
{
    private static readonly string s_repository = FindRepository();

    public static TheoryData<string> Models => [.. Files(Path.Combine(s_repository, "tests", "golden", "models"))];

    public static TheoryData<string> All =>
    [
        .. Files(Path.Combine(s_repository, "tests", "golden")),
        .. (Environment.GetEnvironmentVariable("MUONSHARP_GOLDEN") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).SelectMany(Files),
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_tensor_of_a_foreign_file_is_read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.NotEmpty(file.Tensors);
        foreach (TensorEntry tensor in file.Tensors)
        {
            if (tensor.Type == TensorType.I64)
            {
                long[] integers = new long[tensor.Count];
                file.ReadIntegers(tensor.Name, integers);
                Assert.All(integers, value => Assert.InRange(value, -100, 1 << 20)); // Token ids; -100 marks an ignored label.
            }
            else
            {
                float[] values = new float[tensor.Count];
                file.ReadFloats(tensor.Name, values);
                Assert.All(values, value => Assert.True(float.IsFinite(value)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Writing_what_the_reference_implementation_wrote_gives_its_bytes(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using var written = new MemoryStream();
        SafetensorsWriter.Write(written, file.Tensors.Select(Copy), file.Metadata);
        Assert.Equal(File.ReadAllBytes(path), written.ToArray());

        NamedTensor Copy(TensorEntry tensor)
        {
            byte[] bytes = new byte[tensor.Length];
            file.ReadBytes(tensor.Name, 0, bytes);
            return new NamedTensor(tensor.Name, tensor.Type, [.. tensor.Shape], bytes);
        }
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static string FindRepository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MuonSharp.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The repository's root has a MuonSharp.slnx.");
    }
}
