using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The file <c>samples.txt</c>: what the model wrote along the way, for people.</summary>
internal sealed class SamplesLog : IDisposable
{
    private readonly AppendFile _file;

    internal SamplesLog(string path, long keep, IFileOperations files) => _file = AppendFile.Open("samples", path, keep, files);

    /// <summary>Bytes written so far.</summary>
    public long Length => _file.Length;

    /// <summary>Appends one sample under a heading with its step.</summary>
    /// <param name="step">How many steps had been done.</param>
    /// <param name="text">The prompt and its continuation.</param>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void Write(long step, string text) => _file.Append(Encoding.UTF8.GetBytes($"--- step {step} ---\n{text}\n\n"));

    /// <summary>Returns when all samples are on the disk.</summary>
    /// <exception cref="WriteFailedException">The disk refused.</exception>
    public void FlushToDisk() => _file.FlushToDisk();

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
