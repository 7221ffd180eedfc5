namespace MuonSharp.Reports;

/// <summary>Words of a command that can be pasted into a shell.</summary>
internal static class ShellText
{
    /// <summary>A path as one word: in quotes where it holds anything that a shell would read otherwise.</summary>
    public static string Quoted(string path) =>
        path.All(static letter => char.IsLetterOrDigit(letter) || "/._-+:\\".Contains(letter, StringComparison.Ordinal)) ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
