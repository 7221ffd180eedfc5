using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>How much of a <c>metrics.jsonl</c> belongs to a checkpoint that a run resumes from.</summary>
internal static class MetricsTrim
{
    /// <summary>The bytes to keep: what the checkpoint recorded or, if the file does not reach that far, what its lines say.</summary>
    /// <param name="path">The metrics file; may be missing.</param>
    /// <param name="recorded">Its length when the checkpoint was written, if known.</param>
    /// <param name="step">The checkpoint's step: whole lines up to the first one of a later step are kept.</param>
    public static long KeptBytes(string path, long? recorded, long step)
    {
        try
        {
            if (!File.Exists(path))
            {
                return 0;
            }

            using FileStream stream = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return recorded is { } length && EndsALine(stream, length) ? length : WholeLines(path, step);
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable("metrics", path, exception);
        }
    }

    private static bool EndsALine(FileStream stream, long length)
    {
        if (length <= 0 || length > stream.Length)
        {
            return length == 0;
        }

        stream.Position = length - 1;
        return stream.ReadByte() == '\n';
    }

    private static long WholeLines(string path, long step)
    {
        ReadOnlyMemory<byte> bytes = File.ReadAllBytes(path);
        int kept = 0;
        while (bytes.Span[kept..].IndexOf((byte)'\n') is var length and >= 0 && StepOf(bytes.Slice(kept, length)) <= step)
        {
            kept += length + 1;
        }

        return kept;
    }

    // A line that is no object with a step is damage: it and all after it go.
    private static long StepOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("step"u8).GetInt64();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return long.MaxValue;
        }
    }
}
