using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace MuonSharp.Training;

/// <summary>Finds the files that a path of <see cref="DataFiles"/> means.</summary>
internal static class FileSearch
{
    private static readonly char[] s_wildcards = ['*', '?'];

    /// <summary>Whether a path is a pattern: it has a wildcard, and there is nothing of that very name.</summary>
    public static bool IsPattern(string path) => path.IndexOfAny(s_wildcards) >= 0 && !Path.Exists(path);

    /// <summary>All files that some paths mean, in their order; standard input is one of them.</summary>
    /// <exception cref="BadInputException">A path means no file.</exception>
    public static IEnumerable<string> Files(DataFiles files)
    {
        foreach (string path in files.Paths)
        {
            IReadOnlyList<string> found = path == DataFiles.StandardInput ? [path] : Directory.Exists(path) ? Below(path) : IsPattern(path) ? Matching(path) : [path];
            foreach (string file in found.Count > 0 ? found : throw new BadInputException($"[data] {path}: the folder must hold a UTF-8 text; no file came"))
            {
                yield return file;
            }
        }
    }

    /// <summary>All files below a folder, in ordinal order of their names; none that is hidden or in a hidden folder, and no folder that a link leads to.</summary>
    public static IReadOnlyList<string> Below(string folder) => InputFolder(folder, _ => true);

    /// <summary>The files that a pattern means: <c>*</c> and <c>?</c> stand for what is within a name, <c>**</c> for any folders.</summary>
    /// <exception cref="BadInputException">No file is meant.</exception>
    public static IReadOnlyList<string> Matching(string pattern)
    {
        string[] parts = pattern.Replace('\\', Path.DirectorySeparatorChar).Replace('/', Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        int fixedParts = Array.FindIndex(parts, part => part.IndexOfAny(s_wildcards) >= 0);
        string root = string.Join(Path.DirectorySeparatorChar, parts[..fixedParts]);
        root = root.Length > 0 ? root : pattern[0] == Path.DirectorySeparatorChar ? pattern[..1] : ".";
        Regex regex = new($"^{string.Join('/', parts[fixedParts..].Select(Expression)).Replace("(.*/)?/", "(.*/)?", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, TimeSpan.FromMinutes(1));
        IReadOnlyList<string> files = Directory.Exists(root) ? InputFolder(root, regex.IsMatch) : [];
        return files.Count > 0 ? files : throw new BadInputException($"[data] {pattern}: the pattern must mean a file; there is none of such a name");
    }

    private static string Expression(string part) =>
        part == "**" ? "(.*/)?" : Regex.Escape(part).Replace("\\*", "[^/]*", StringComparison.Ordinal).Replace("\\?", "[^/]", StringComparison.Ordinal);

    private static IReadOnlyList<string> InputFolder(string folder, Func<string, bool> matches)
    {
        try
        {
            FileSystemEnumerable<string> files = new(folder, (ref entry) => entry.ToSpecifiedFullPath(), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden })
            {
                ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
                ShouldRecursePredicate = (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
            };
            return
            [
                .. files.Select(path => (Path: path, Name: Path.GetRelativePath(folder, path).Replace('\\', '/'))).Where(file => matches(file.Name))
                    .OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => folder == "." ? file.Name : file.Path),
            ];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"[data] {folder}: the folder must be readable; {error.Message.Split('\n', 2)[0].TrimEnd('\r', '.')}", error);
        }
    }
}
