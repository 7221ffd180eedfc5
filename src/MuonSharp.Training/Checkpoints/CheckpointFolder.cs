using System.Globalization;
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

    /// <summary>The step that a file such as <c>latest</c> names; null if there is no such file or it cannot be understood.</summary>
    public long? Named(string name, out string? problem)
    {
        problem = null;
        string file = Path.Combine(path, name);
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

/// <summary>Names inside a folder of checkpoints.</summary>
internal static class CheckpointNames
{
    public const string Operation = "checkpoint";
    public const string Model = "model.safetensors";
    public const string Optimizer = "optimizer.safetensors";
    public const string State = "state.json";

    /// <summary>The file that names the newest complete checkpoint.</summary>
    public const string Latest = "latest";

    /// <summary>The file that names the checkpoint of the best evaluation.</summary>
    public const string Best = "best";

    /// <summary>Begins the name of what is being written or deleted: never a checkpoint, and removed by the next save.</summary>
    public const string Temporary = ".tmp-";

    /// <summary>Begins the name of a checkpoint set aside while another of the same step takes its place.</summary>
    public const string Replaced = ".replaced-";

    private const string Prefix = "step-";

    public static string Of(long step) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}");

    /// <summary>The step that a name says; only the exact spelling counts, so that one step has one name.</summary>
    public static bool TryParse(string name, out long step)
    {
        step = 0;
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out step)
            && string.Equals(name, Of(step), StringComparison.Ordinal);
    }
}
