using System.Globalization;
using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Who trains in a run folder: the content of <c>.lock.holder</c>, which is there while somebody does, and stays when he is killed.</summary>
/// <param name="ProcessId">Number of the process.</param>
/// <param name="Machine">Name of its machine; empty in files of before, which had none: then it is this one.</param>
public sealed record RunHolder(int ProcessId, string Machine)
{
    /// <summary>The file's name.</summary>
    public const string FileName = ".lock.holder";

    private const int LongestName = 256;

    /// <summary>Whether it is a process of this machine.</summary>
    public bool IsHere => Machine.Length == 0 || Machine == Environment.MachineName;

    internal static RunHolder OfThisProcess => new(Environment.ProcessId, Environment.MachineName);

    /// <summary>Who holds a run folder; null if nobody does, or it cannot be told.</summary>
    /// <param name="folder">The run folder.</param>
    public static RunHolder? Read(string folder)
    {
        try
        {
            using FileStream stream = File.Open(Path.Combine(folder, FileName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> text = stackalloc byte[LongestName];
            int length = stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            string[] words = Encoding.UTF8.GetString(text[..length]).TrimEnd('\n').Split(' ', 2);
            return int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
                ? new(processId, words.Length > 1 ? OneLine.Short(words[1].Trim()) : "") : null;
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            return null;
        }
    }

    /// <summary>The line that the file holds.</summary>
    public override string ToString() => $"{ProcessId.ToString(CultureInfo.InvariantCulture)} {Machine}".TrimEnd();
}
