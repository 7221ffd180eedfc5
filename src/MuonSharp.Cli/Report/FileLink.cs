namespace MuonSharp.Cli.Report;

/// <summary>The address of a file, which terminals and browsers open.</summary>
internal static class FileLink
{
    /// <summary>A <c>file://</c> address: the whole path, with what an address has another use for escaped.</summary>
    /// <param name="path">The file.</param>
    public static string Of(string path)
    {
        string[] names = Path.GetFullPath(path).Split('/', '\\');
        string joined = string.Join('/', names.Select(name => Uri.EscapeDataString(name).Replace("%3A", ":", StringComparison.Ordinal)));
        return joined.StartsWith('/') ? $"file://{joined}" : $"file:///{joined}";
    }
}
