using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The file <c>state.json</c>: step, hashes of the other files, the run's state, and a hash of itself.</summary>
/// <remarks>
/// <para>Its own hash is the last value and is computed over the file with these 64 digits as zeros.</para>
/// <para>Files of the run folder that the checkpoint means nothing without, such as the tokenizer's, have their hashes here too.</para>
/// </remarks>
internal sealed record CheckpointState(long Step, FileDigest Model, FileDigest Optimizer, IReadOnlyDictionary<string, FileDigest> RunFiles, JsonEntry State)
{
    private const string Format = "muonsharp-checkpoint/1";
    private const string FilesKey = "files";
    private const string RunFilesKey = "run_files";
    private const int DigestLength = 64;
    private static readonly JsonOptions s_options = new() { Operation = CheckpointNames.Operation };
    private static readonly byte[] s_end = "\"\n}\n"u8.ToArray();

    public static byte[] ToBytes(long step, FileDigest model, FileDigest optimizer, CheckpointContents contents)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, IndentedJson.Options))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("step", step);
            json.WriteStartObject(FilesKey);
            Write(json, CheckpointNames.Model, model);
            Write(json, CheckpointNames.Optimizer, optimizer);
            json.WriteEndObject();
            json.WriteStartObject(RunFilesKey);
            foreach ((string name, ReadOnlyMemory<byte> content) in contents.RunFiles.OrderBy(file => file.Key, StringComparer.Ordinal))
            {
                Write(json, name, FileDigest.Of(content.Span));
            }

            json.WriteEndObject();
            json.WritePropertyName("state");
            contents.State.WriteTo(json);
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
        byte[] bytes = JsonFile.ReadBytes(path, s_options);
        Verify(path, bytes);
        return Parse(bytes, path);
    }

    /// <summary>Reads the bytes of a state file, whatever their hash.</summary>
    internal static CheckpointState Parse(ReadOnlySpan<byte> bytes, string path)
    {
        JsonEntry root = JsonFile.Parse(bytes, path, s_options);
        _ = root["format"].Choice(Format);
        return new CheckpointState(
            root["step"].WholeNumber(0),
            Digest(root[FilesKey][CheckpointNames.Model]),
            Digest(root[FilesKey][CheckpointNames.Optimizer]),
            root[RunFilesKey].Members().ToDictionary(file => file.Name, Digest, StringComparer.Ordinal),
            root["state"].Object());
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

    private static FileDigest Digest(JsonEntry file) => new(file["bytes"].WholeNumber(0), file["sha256"].TextNotEmpty());

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

    /// <summary>Files of the run folder that the checkpoint means nothing without, by name, with their bytes. Their hashes are kept in <c>state.json</c>. Default: none.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> RunFiles { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
}

/// <summary>What a file must look like: its size and the SHA-256 of its bytes in lower-case hexadecimal digits.</summary>
internal readonly record struct FileDigest(long Bytes, string Sha256)
{
    /// <summary>The digest of some bytes.</summary>
    public static FileDigest Of(ReadOnlySpan<byte> content) => new(content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
}
