using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>What lies in a folder of checkpoints, for readers: nothing here changes a file.</summary>
internal sealed class CheckpointFolder(string path)
{
    private const int LongestName = 64;

    /// <summary>Where the checkpoint of a step lies, also while it is set aside to be replaced.</summary>
    public string Locate(long step)
    {
        string name = CheckpointNames.Of(step);
        string place = Path.Combine(path, name);
        string aside = Path.Combine(path, CheckpointNames.Replaced + name);
        return !Directory.Exists(place) && Directory.Exists(aside) ? aside : place;
    }

    /// <summary>All steps of which there is a checkpoint, complete or damaged, newest first.</summary>
    public List<long> Steps()
    {
        var steps = new SortedSet<long>();
        foreach (string folder in Directories())
        {
            string name = Path.GetFileName(folder);
            if (name.StartsWith(CheckpointNames.Replaced, StringComparison.Ordinal))
            {
                name = name[CheckpointNames.Replaced.Length..];
            }

            if (CheckpointNames.TryParse(name, out long step))
            {
                _ = steps.Add(step);
            }
        }

        return [.. steps.Reverse()];
    }

    /// <summary>The step that <c>latest</c> names; null if there is no such file or it cannot be understood.</summary>
    public long? Latest(out string? problem)
    {
        problem = null;
        string file = Path.Combine(path, CheckpointNames.Latest);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using FileStream stream = File.OpenRead(file);
            byte[] bytes = new byte[LongestName];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            string text = Encoding.UTF8.GetString(bytes, 0, length);
            if (text.EndsWith('\n') && CheckpointNames.TryParse(text[..^1], out long step))
            {
                return step;
            }

            problem = new InvalidFileException(CheckpointNames.Operation, file, $"it must name a checkpoint; it says '{text}'").Message;
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            problem = InvalidFileException.Unreadable(CheckpointNames.Operation, file, exception).Message;
        }

        return null;
    }

    /// <summary>Leftovers of a save that did not end.</summary>
    public IEnumerable<string> Leftovers(string prefix) =>
        Directories().Where(folder => Path.GetFileName(folder).StartsWith(prefix, StringComparison.Ordinal));

    private string[] Directories() => Directory.Exists(path) ? Directory.GetDirectories(path) : [];
}
