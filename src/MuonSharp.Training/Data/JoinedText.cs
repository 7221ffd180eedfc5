using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MuonSharp.Training;

/// <summary>The text that some paths mean, joined and decoded, and what is to be said of it.</summary>
/// <remarks>The bytes are in memory until the text is made of them, and the text is made once.</remarks>
internal sealed class JoinedText
{
    private const int MostNames = 5;

    private JoinedText(string source) => Source = source;

    /// <summary>The text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>SHA-256 of the text as UTF-8, in lower-case hexadecimal.</summary>
    public string Sha256 { get; private set; } = "";

    /// <summary>What messages call it.</summary>
    public string Source { get; }

    /// <summary>The files it was made of: what has to be read to get it again.</summary>
    public required DataFiles Files { get; init; }

    /// <summary>The text as UTF-8 where it cannot be read a second time; else null.</summary>
    public byte[]? Unrepeatable { get; private set; }

    /// <summary>What a user should know of it, one line each: files that were left out, marks, line ends.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Reads the text.</summary>
    /// <param name="files">Where it is.</param>
    /// <exception cref="BadInputException">A path means nothing, or something that is no UTF-8 text.</exception>
    public static JoinedText Read(DataFiles files)
    {
        List<(string Path, byte[] Bytes)> parts = [];
        List<string> notes = [];
        bool again = true;
        foreach (string path in files.Paths)
        {
            if (path != DataFiles.StandardInput && Directory.Exists(path))
            {
                ReadFolder(path, parts, notes);
                continue;
            }

            foreach (string file in FileSearch.IsPattern(path) ? FileSearch.Matching(path) : [path])
            {
                byte[] bytes = InputFile.ReadAll("data", file, out bool repeatable);
                _ = TextFile.Check(bytes, Name(file));
                parts.Add((file, bytes));
                again &= repeatable;
            }
        }

        JoinedText joined = new(files.ToString()) { Files = new([.. parts.Select(part => part.Path)]) };
        joined.Notes.AddRange(notes);
        joined.Join(parts, again);
        return joined;
    }

    private static string Name(string path) => path == DataFiles.StandardInput ? "standard input" : path;

    /// <summary>Of a folder what is text counts, and what was left out is said.</summary>
    private static void ReadFolder(string folder, List<(string Path, byte[] Bytes)> parts, List<string> notes)
    {
        List<string> leftOut = [];
        int taken = 0;
        foreach (string file in FileSearch.Below(folder))
        {
            byte[] bytes = InputFile.ReadAll("data", file);
            try
            {
                _ = TextFile.Check(bytes, file);
                if (bytes.AsSpan().Contains((byte)0))
                {
                    throw new BadInputException("zeros");
                }

                parts.Add((file, bytes));
                taken++;
            }
            catch (BadInputException)
            {
                leftOut.Add(Path.GetRelativePath(folder, file) + (bytes.Length == 0 ? " (empty)" : " (no UTF-8 text)"));
            }
        }

        notes.Add(FolderNote(folder, taken, leftOut));
    }

    /// <summary>What is said of a folder: how much of it was taken.</summary>
    /// <exception cref="BadInputException">Nothing was.</exception>
    public static string FolderNote(string folder, int taken, IReadOnlyList<string> leftOut)
    {
        if (taken == 0)
        {
            string images = FileSearch.Below(folder).Any(PictureFolders.IsPicture) ? " (networks of images: --preset fashion-mnist)" : "";
            throw new BadInputException($"[data] {folder}: the folder must hold a UTF-8 text; {(leftOut.Count == 0 ? "no file" : List(leftOut))} came{images}");
        }

        return leftOut.Count == 0 ? $"[data] {folder}: {Count(taken)} taken" : $"[data] {folder}: {Count(taken)} taken, {leftOut.Count} left out: {List(leftOut)}";

        static string Count(int count) => count == 1 ? "1 file" : $"{count} files";
    }

    /// <summary>The first of some names of files, and how many more there are.</summary>
    public static string List(IReadOnlyList<string> names) => string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");

    private void Join(List<(string Path, byte[] Bytes)> parts, bool again)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0, bytes = 0;
        int marks = 0, returns = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            ReadOnlySpan<byte> part = Part(i);
            marks += part.Length < parts[i].Bytes.Length ? 1 : 0;
            returns += part.Count((byte)'\r');
            length += Encoding.UTF8.GetCharCount(part);
            bytes += part.Length;
            hash.AppendData(part);
            if (NeedsLineEnd(i))
            {
                hash.AppendData("\n"u8);
                (length, bytes) = (length + 1, bytes + 1);
            }
        }

        if (Math.Max(length, bytes) > Array.MaxLength / 2)
        {
            throw new BadInputException($"[data] {Source}: the text must have at most {Array.MaxLength / 2} bytes; {bytes} came");
        }

        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        Text = string.Create((int)length, this, (characters, _) =>
        {
            for (int i = 0; i < parts.Count; i++)
            {
                characters = characters[Encoding.UTF8.GetChars(Part(i), characters)..];
                if (NeedsLineEnd(i))
                {
                    characters[0] = '\n';
                    characters = characters[1..];
                }
            }
        });
        Unrepeatable = again ? null : parts.Count == 1 ? parts[0].Bytes : Encoding.UTF8.GetBytes(Text);
        Describe(returns, marks);

        ReadOnlySpan<byte> Part(int i) => parts[i].Bytes.AsSpan() is var whole && whole.StartsWith(TextFile.ByteOrderMark) ? whole[TextFile.ByteOrderMark.Length..] : whole;

        bool NeedsLineEnd(int i) => i < parts.Count - 1 && parts[i].Bytes[^1] is not ((byte)'\n' or (byte)'\r');
    }

    private void Describe(int returns, int marks)
    {
        if (returns > 0)
        {
            Notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"[data] {Source}: Windows line ends: {returns:N0} \\r are tokens that the model has to learn; tr -d '\\r' < FILE > unix.txt takes them out of a file")
                + (marks > 0 ? "; its byte order mark is no part of the text" : ""));
        }
        else if (marks > 0)
        {
            Notes.Add($"[data] {Source}: {(marks == 1 ? "a byte order mark at the beginning was" : $"byte order marks at the beginning of {marks} files were")} left out");
        }
    }
}
