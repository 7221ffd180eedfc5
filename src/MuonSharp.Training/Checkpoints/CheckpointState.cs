using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The file <c>state.json</c>: step, hashes of the other files, the run's state, and a hash of itself.</summary>
/// <remarks>Its own hash is the last value and is computed over the file with these 64 digits as zeros.</remarks>
internal sealed record CheckpointState(long Step, FileDigest Model, FileDigest Optimizer, JsonObject State)
{
    private const string Format = "muonsharp-checkpoint/1";
    private const int DigestLength = 64;
    private const long MaximumBytes = 1 << 26;
    private static readonly byte[] s_end = "\"\n}\n"u8.ToArray();

    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, IndentedJson.Options))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("step", Step);
            json.WriteStartObject("files");
            Write(json, CheckpointNames.Model, Model);
            Write(json, CheckpointNames.Optimizer, Optimizer);
            json.WriteEndObject();
            json.WritePropertyName("state");
            State.WriteTo(json);
            json.WriteString("sha256", new string('0', DigestLength));
            json.WriteEndObject();
        }

        byte[] bytes = [.. buffer.WrittenSpan, (byte)'\n'];
        _ = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(bytes)), DigestIn(bytes));
        return bytes;
    }

    /// <summary>Reads and verifies a state file.</summary>
    /// <exception cref="InvalidFileException">It cannot be read, was changed since it was written, or is of another format.</exception>
    public static CheckpointState Read(string path)
    {
        byte[] bytes = ReadAll(path);
        Verify(path, bytes);
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            JsonNode json = JsonNode.Parse(bytes, documentOptions: options) ?? throw Broken(path, "it must be an object; it is null");
            string format = At(json, "format").GetValue<string>();
            if (!string.Equals(format, Format, StringComparison.Ordinal))
            {
                throw Broken(path, $"the format must be {Format}; it is {format}");
            }

            JsonNode files = At(json, "files");
            return new CheckpointState(
                At(json, "step").GetValue<long>(),
                Digest(At(files, CheckpointNames.Model)),
                Digest(At(files, CheckpointNames.Optimizer)),
                At(json, "state").AsObject());
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw Broken(path, $"it must be a checkpoint's state; {(exception is JsonException json ? JsonProblem.Describe(json) : "a value of another kind came")}");
        }
    }

    private static byte[] ReadAll(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= MaximumBytes
                ? File.ReadAllBytes(path)
                : throw Broken(path, $"it must have at most {MaximumBytes} bytes; it has {length}");
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(CheckpointNames.Operation, path, exception);
        }
    }

    private static void Verify(string path, byte[] bytes)
    {
        if (bytes.Length < DigestLength + s_end.Length || !bytes.AsSpan().EndsWith(s_end))
        {
            throw Broken(path, "it must end with its own sha256; it is cut off or changed");
        }

        byte[] zeroed = bytes.AsSpan().ToArray();
        DigestIn(zeroed).Fill((byte)'0');
        string actual = Convert.ToHexStringLower(SHA256.HashData(zeroed));
        if (!DigestIn(bytes).SequenceEqual(Encoding.ASCII.GetBytes(actual)))
        {
            throw Broken(path, "its sha256 must be the one it states; it was damaged after it was written");
        }
    }

    private static Span<byte> DigestIn(byte[] bytes) => bytes.AsSpan(bytes.Length - s_end.Length - DigestLength, DigestLength);

    private static void Write(Utf8JsonWriter json, string name, FileDigest digest)
    {
        json.WriteStartObject(name);
        json.WriteNumber("bytes", digest.Bytes);
        json.WriteString("sha256", digest.Sha256);
        json.WriteEndObject();
    }

    private static FileDigest Digest(JsonNode node) => new(At(node, "bytes").GetValue<long>(), At(node, "sha256").GetValue<string>());

    private static JsonNode At(JsonNode node, string key) => node[key] ?? throw new FormatException($"{key} is missing");

    private static InvalidFileException Broken(string path, string problem) => new(CheckpointNames.Operation, path, problem);
}

/// <summary>All that a checkpoint holds: weights, the optimizer's tensors, and the rest as JSON.</summary>
/// <remarks>The tensors are views: nothing is copied, they go from where they are to the disk.</remarks>
public sealed class CheckpointContents
{
    /// <summary>The weights, for <c>model.safetensors</c>; names are those of the model's family.</summary>
    public required IReadOnlyList<NamedTensor> Model { get; init; }

    /// <summary>The optimizer's tensors, for <c>optimizer.safetensors</c>.</summary>
    public required IReadOnlyList<NamedTensor> Optimizer { get; init; }

    /// <summary>Everything else that continues a run: counters, positions, seeds. Kept in <c>state.json</c> as <c>state</c>.</summary>
    public required JsonObject State { get; init; }
}

/// <summary>What a file must look like: its size and the SHA-256 of its bytes in lower-case hexadecimal digits.</summary>
internal readonly record struct FileDigest(long Bytes, string Sha256);
