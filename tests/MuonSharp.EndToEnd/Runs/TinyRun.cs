using System.Globalization;
using System.Text;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>Runs so small that each takes about a second.</summary>
internal static class TinyRun
{
    /// <summary>Steps of a run unless the test says otherwise.</summary>
    public const int Steps = 60;

    /// <summary>A run that is long enough to be stopped on any machine, and whose rates do not depend on its length: resumed with fewer steps, it has the bits of a run that was to be as short from its beginning.</summary>
    public static readonly string[] Endless = ["--steps", "1000000", "--set", "optimizer.schedule.name=constant", "--set", "sample.every=-1"];

    private static readonly string[] s_words =
        ["the", "model", "reads", "a", "text", "and", "learns", "which", "letter", "comes", "next", "so", "that", "it", "may", "write", "one"];

    /// <summary>A text of about ten thousand characters, the same every time.</summary>
    public static string Text { get; } = MakeText();

    /// <summary>Writes the text and gives the command line of a run on it.</summary>
    public static string[] Train(TemporaryFolder folder, string run, params string[] more)
    {
        string data = folder.At("text.txt");
        if (!File.Exists(data))
        {
            File.WriteAllText(data, Text);
        }

        return
        [
            "train", "--data", data, "--run", run, "--steps", Steps.ToString(CultureInfo.InvariantCulture), "--threads", "2",
            "--set", "model.layers=2", "--set", "model.heads=2", "--set", "model.width=32", "--set", "model.context=32",
            "--set", "train.batch=4", "--set", "evaluate.every=20", "--set", "sample.every=30", "--set", "sample.tokens=20",
            "--set", "checkpoint.every=5", "--set", "checkpoint.keep=3", .. more,
        ];
    }

    /// <summary>The command line of a run like an endless one that ends after some steps.</summary>
    public static string[] Ending(int steps) => [.. Endless, "--steps", steps.ToString(CultureInfo.InvariantCulture)];

    private static string MakeText()
    {
        var text = new StringBuilder();
        for (uint state = 1; text.Length < 10_000;)
        {
            state = (state * 1664525) + 1013904223;
            text.Append(s_words[(state >> 16) % (uint)s_words.Length]).Append((state >> 8) % 9 == 0 ? ".\n" : " ");
        }

        return text.ToString();
    }
}
