namespace MuonSharp.Formats;

/// <summary>Where a JSON text came from: makes the messages about it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Options">How it is read.</param>
/// <param name="Line">Number of the line in a file of lines, from 1; 0 for a file that is one JSON text.</param>
internal sealed record JsonSource(string Path, JsonOptions Options, int Line = 0)
{
    /// <summary>The exception for a broken rule.</summary>
    /// <param name="problem">A sentence <c>rule; what came</c>.</param>
    /// <param name="cause">What a parser said.</param>
    public InvalidFileException Broken(string problem, Exception? cause = null) =>
        new(Options.Operation, Path, $"{(Line == 0 ? "" : $"line {Line}: ")}{problem}{Options.Note}", cause);
}
