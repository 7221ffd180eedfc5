namespace MuonSharp.Training;

/// <summary>The files of a text that is not read into memory.</summary>
internal sealed class LargeText
{
    private LargeText(string source, IReadOnlyList<string> files, IReadOnlyList<string> notes) => (Source, Files, Notes) = (source, files, notes);

    /// <summary>What messages call it.</summary>
    public string Source { get; }

    /// <summary>The files, in their order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>What was taken of folders.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Size of all files.</summary>
    public long Bytes => Files.Sum(file => new FileInfo(file).Length);

    /// <summary>Size of the files that some paths mean; 0 where one of them is missing or is no file that can be read again.</summary>
    public static long SizeOf(DataFiles? files)
    {
        try
        {
            return files is null || files.Paths.Any(path => path == DataFiles.StandardInput || InputFile.IsDescriptor(path)) ? 0 : FileSearch.Files(files).Sum(path => new FileInfo(path).Length);
        }
        catch (Exception error) when (error is BadInputException or IOException or UnauthorizedAccessException)
        {
            // Reading it says what is wrong with it.
            return 0;
        }
    }

    /// <summary>Finds the files: of a folder those that are UTF-8 text.</summary>
    /// <exception cref="BadInputException">A path means no text.</exception>
    public static LargeText Of(DataFiles files)
    {
        List<string> taken = [], notes = [];
        foreach (string path in files.Paths)
        {
            if (!Directory.Exists(path))
            {
                taken.AddRange(FileSearch.Files(new(path)));
                continue;
            }

            IReadOnlyList<string> all = FileSearch.Below(path);
            List<string> texts = [.. all.Where(IsText)];
            notes.Add(JoinedText.FolderNote(path, texts.Count, [.. all.Except(texts).Select(file => Path.GetRelativePath(path, file) + (new FileInfo(file).Length == 0 ? " (empty)" : " (no UTF-8 text)"))]));
            taken.AddRange(texts);
        }

        return new(files.ToString(), taken, notes);
    }

    private static bool IsText(string path)
    {
        try
        {
            using TextReader reader = TextFile.Open(path);
            char[] buffer = new char[1 << 16];
            int read;
            while ((read = reader.Read(buffer, 0, buffer.Length)) > 0)
            {
                if (buffer.AsSpan(0, read).Contains('\0'))
                {
                    return false;
                }
            }

            return true;
        }
        catch (BadInputException)
        {
            return false;
        }
    }
}
