using System.Text.RegularExpressions;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Folders and files that appear under their names when they are complete.</summary>
/// <remarks>Each is made in a hidden folder beside it, <c>.muonsharp-NAME-NUMBER</c>, by one process at a time, which holds <c>.muonsharp-NAME.lock</c> meanwhile. What a process left that was killed is deleted by the
/// next that makes anything in the same place.</remarks>
internal static partial class NewPath
{
    private const string Mark = ".muonsharp-";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Makes a folder that does not exist, or is empty.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="operation">What is being done, for messages.</param>
    /// <param name="write">Writes its files into the folder that it is given.</param>
    /// <exception cref="BadInputException">There is something under the name already, or another process is making it.</exception>
    /// <exception cref="WriteFailedException">It could not be written; nothing of it is left.</exception>
    public static void Folder(string folder, string operation, Action<string> write) => Make(folder, operation, CheckFolder, Into(write));

    /// <summary>Makes a folder unless it is there; where another process is making it, waits for that.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="operation">What is being done, for messages.</param>
    /// <param name="isThere">Whether it is there, complete.</param>
    /// <param name="write">Writes its files into the folder that it is given.</param>
    /// <returns>Whether it was made here.</returns>
    /// <exception cref="BadInputException">There is something else under the name.</exception>
    /// <exception cref="WriteFailedException">It could not be written; nothing of it is left.</exception>
    public static bool FolderOnce(string folder, string operation, Func<bool> isThere, Action<string> write)
    {
        while (!isThere())
        {
            using FileStream? held = Hold(folder, operation);
            if (held is null)
            {
                Thread.Sleep(s_pause);
            }
            else if (!isThere())
            {
                MakeHeld(folder, operation, CheckFolder, Into(write));
                return true;
            }
        }

        return false;
    }

    /// <summary>Makes a file whose name nothing has.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="operation">What is being done, for messages.</param>
    /// <param name="write">Writes the file whose path it is given.</param>
    /// <exception cref="BadInputException">There is something under the name already, or another process is making it.</exception>
    /// <exception cref="WriteFailedException">It could not be written; nothing of it is left.</exception>
    public static void File(string path, string operation, Action<string> write) => Make(path, operation, CheckFile, write);

    private static void Make(string path, string operation, Action<string, string> check, Action<string> write)
    {
        check(path, operation);
        using FileStream held = Hold(path, operation) ?? throw new BadInputException($"[{operation}] {path}: one process may write it; another one does already");
        MakeHeld(path, operation, check, write);
    }

    private static void MakeHeld(string path, string operation, Action<string, string> check, Action<string> write)
    {
        (string parent, string name) = Place(path);
        DeleteLeftovers(parent, name);
        string hidden = Path.Combine(parent, $"{Mark}{name}-{Guid.NewGuid():N}"), part = Path.Combine(hidden, name), target = Path.Combine(parent, name);
        try
        {
            Directory.CreateDirectory(hidden);
            write(part);
            check(path, operation);
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            // Moves files too.
            Directory.Move(part, target);
        }
        catch (WriteFailedException exception) when (exception.Path.StartsWith(hidden, StringComparison.Ordinal))
        {
            throw new WriteFailedException(operation, path, exception.InnerException!);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException(operation, path, exception);
        }
        finally
        {
            Delete(hidden);
        }
    }

    /// <summary>The right to make something; null: another process has it. The operating system gives it back when a process ends, however it ends.</summary>
    private static FileStream? Hold(string path, string operation)
    {
        (string parent, string name) = Place(path);
        try
        {
            Directory.CreateDirectory(parent);
            return new FileStream(Path.Combine(parent, $"{Mark}{name}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException exception) when (RunLock.IsHeld(exception))
        {
            return null;
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException(operation, path, exception);
        }
    }

    /// <summary>Deletes what nobody is making any more, as far as that can be done.</summary>
    private static void DeleteLeftovers(string parent, string held)
    {
        try
        {
            foreach (string folder in Directory.EnumerateDirectories(parent, Mark + "*"))
            {
                if (Leftover().Match(Path.GetFileName(folder)) is { Success: true } match)
                {
                    string name = match.Groups["name"].Value;
                    using FileStream? lockOfIt = name == held ? null : Hold(Path.Combine(parent, name), Mark);
                    if (name == held || lockOfIt is not null)
                    {
                        Delete(folder);
                    }
                }
            }
        }
        catch (Exception exception) when (exception is WriteFailedException || WriteFailedException.IsWriteFailure(exception))
        {
            // They are in nobody's way.
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            // The next process tries again; or the failure that left it is the one worth reporting.
        }
    }

    private static Action<string> Into(Action<string> write) => part =>
    {
        Directory.CreateDirectory(part);
        write(part);
    };

    private static void CheckFolder(string folder, string operation)
    {
        if (System.IO.File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw new BadInputException($"[{operation}] {folder}: a folder that is new or empty is needed; {(System.IO.File.Exists(folder) ? "this is a file" : "this one holds something")}");
        }
    }

    private static void CheckFile(string path, string operation)
    {
        if (Path.Exists(path))
        {
            throw new BadInputException($"[{operation}] {path}: the name of a new file is needed; something has the name");
        }
    }

    private static (string Parent, string Name) Place(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return (Path.GetDirectoryName(full) ?? full, Path.GetFileName(full));
    }

    [GeneratedRegex(@"^\.muonsharp-(?<name>.+)-[0-9a-f]{32}$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 10_000)]
    private static partial Regex Leftover();
}
