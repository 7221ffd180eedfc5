using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The file <c>metrics.jsonl</c>: one JSON object a line, <c>kind</c> first, then <c>step</c>.</summary>
/// <remarks>
/// Each line goes to the operating system whole and at once, so readers may follow the file; a kill can tear only the last
/// line. Writer and buffer are reused: after the longest line so far, writing one allocates nothing.
/// </remarks>
internal sealed class MetricsLog : IDisposable
{
    /// <summary>How lines are written: escaping only what JSON demands.</summary>
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly AppendFile _file;
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;

    internal MetricsLog(string path, long keep, IFileOperations files)
    {
        _file = AppendFile.Open("metrics", path, keep, files);
        _json = new Utf8JsonWriter(_buffer, WriterOptions);
    }

    /// <summary>Bytes written so far.</summary>
    public long Length => _file.Length;

    /// <summary>Appends one line.</summary>
    /// <param name="line">What it says.</param>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written; no part of the line stays.</exception>
    public void Write(MetricsLine line)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        line.WriteTo(_json);
        _json.Flush();
        _buffer.GetSpan(1)[0] = (byte)'\n';
        _buffer.Advance(1);
        _file.Append(_buffer.WrittenSpan);
    }

    /// <summary>Returns when all lines are on the disk.</summary>
    /// <exception cref="WriteFailedException">The disk refused.</exception>
    public void FlushToDisk() => _file.FlushToDisk();

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _json.Dispose();
        _file.Dispose();
    }
}

/// <summary>How much of a <c>metrics.jsonl</c> belongs to a checkpoint that a run resumes from.</summary>
internal static class MetricsTrim
{
    private static readonly JsonOptions s_options = new() { Operation = "metrics" };

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

    // A line that is no object with a step is damage: it and all after it go.
    private static long WholeLines(string path, long step)
    {
        long kept = 0;
        using JsonLineReader lines = new(path, s_options);
        while (lines.Next() is { Value: { Kind: JsonValueKind.Object } value } line && value["step"].TryWholeNumber(0, step, out _))
        {
            kept = line.End;
        }

        return kept;
    }
}
