using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Reads a <c>metrics.jsonl</c> line by line, and goes on when the run has written more.</summary>
/// <remarks>A line without its line break is being written, or was torn by a kill: it is read once it is whole.</remarks>
public sealed class MetricsReader : IDisposable
{
    private readonly JsonLineReader _lines;

    /// <summary>Opens a file, which a trainer may write meanwhile.</summary>
    /// <param name="path">The file: <see cref="RunFolder.MetricsPath"/>.</param>
    /// <param name="operation">What is being done: the word in brackets that messages begin with.</param>
    /// <exception cref="InvalidFileException">It cannot be opened.</exception>
    public MetricsReader(string path, string operation = "metrics") => _lines = new(path, new() { Operation = operation });

    /// <summary>Number of the line that was read last, from 1; broken ones count.</summary>
    public int Line => _lines.Lines;

    /// <summary>Whether something follows the last line break, once there is no next line.</summary>
    public bool EndsTorn => _lines.EndsTorn;

    /// <summary>Whether the file is no longer the one that was read: the run was resumed from a checkpoint, and has perhaps written on. A new reader begins again.</summary>
    public bool IsCut => _lines.IsCut;

    /// <summary>The next line.</summary>
    /// <param name="problem">What is wrong with it, in one line; null if nothing is.</param>
    /// <returns>The line; null for a broken one and, without a problem, when there is none now. Later there may be one.</returns>
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public MetricsLine? Next(out string? problem)
    {
        JsonLine? line = _lines.Next();
        problem = line?.Problem;
        if (line?.Value is null)
        {
            return null;
        }

        try
        {
            return MetricsLine.Read(line.Value);
        }
        catch (InvalidFileException exception)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _lines.Dispose();
}
