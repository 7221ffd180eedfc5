using System.Text;

namespace MuonSharp.Formats.Tests.Safetensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-formats-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [new NamedTensor("a", [1, 2], new float[] { 1, 2 })], new Dictionary<string, string> { ["z"] = "1", ["b"] = "2" });
        string header = "{\"__metadata__\":{\"b\":\"2\",\"z\":\"1\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}";
        string padded = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] expected = [.. BitConverter.GetBytes((long)padded.Length), .. Encoding.UTF8.GetBytes(padded), 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40];
        Assert.Equal(expected, stream.ToArray());
    }

    [Fact]
    public void Shape_and_memory_must_agree()
    {
        Assert.Contains("shape and memory must agree; F32 [2, 2] came with 12 bytes", Refusal(() => _ = new NamedTensor("a", [2, 2], new float[3])), StringComparison.Ordinal);
        Assert.Contains("tensor 'b': shape and memory must agree", Refusal(() => _ = new NamedTensor("b", TensorType.F16, [1], new byte[1])), StringComparison.Ordinal);
        Assert.Contains("shape and memory must agree", Refusal(() => _ = new NamedTensor("c", [-1], Array.Empty<float>())), StringComparison.Ordinal);
        Assert.Contains("shape and memory must agree", Refusal(() => _ = new NamedTensor("d", new long[65], Array.Empty<float>())), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_must_be_writable_and_differ()
    {
        Assert.Contains("not __metadata__", Refusal(() => _ = new NamedTensor("__metadata__", [1], new float[1])), StringComparison.Ordinal);
        Assert.Contains("must be Unicode text", Refusal(() => _ = new NamedTensor("\ud800", [1], new float[1])), StringComparison.Ordinal);
        NamedTensor tensor = new("twice", [1], new float[1]);
        Assert.Contains("'twice' comes twice", Refusal(() => SafetensorsWriter.Write(Stream.Null, [tensor, tensor])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        string path = Path.Combine(_folder, "model.safetensors");
        SafetensorsWriter.Write(path, [new NamedTensor("old", [1], new float[1])]);
        byte[] old = File.ReadAllBytes(path);
        _ = Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [new NamedTensor("x", [1], new float[1]), new NamedTensor("x", [1], new float[1])]));
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_reported_in_one_line()
    {
        string path = Path.Combine(_folder, "missing", "model.safetensors");
        WriteFailedException exception = Assert.Throws<WriteFailedException>(() => SafetensorsWriter.Write(path, [new NamedTensor("x", [1], new float[1])]));
        Assert.StartsWith($"[safetensors] {path}: could not be written; ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, char.IsControl);
    }

    [Fact]
    public void A_full_disk_is_reported_in_one_line()
    {
        if (!File.Exists("/dev/full")) return;
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        Assert.Contains("No space left", Assert.Throws<IOException>(() => SafetensorsWriter.Write(full, [new NamedTensor("x", [1], new float[1])])).Message, StringComparison.Ordinal);
    }

    private static string Refusal(Action act) => Assert.Throws<ArgumentException>(act).Message;
}
