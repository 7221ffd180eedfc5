using System.Globalization;
using System.Runtime.InteropServices;

namespace MuonSharp.EndToEnd.Processes;

/// <summary>Signals of Unix, sent to a process by number.</summary>
internal static partial class Signal
{
    private const string Status = "/proc/self/status";
    private const string Ignored = "SigIgn:";

    public const int HangUp = 1;
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int User = 10;
    public const int Terminate = 15;

    private const int KillNow = 9;

    /// <summary>Skips a test where a process that it starts would not be told: on Windows, and where the tests themselves run with the signal ignored (behind a shell's &amp;, under nohup), which is inherited.</summary>
    public static void SkipWhereIgnored(int signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent the Unix way");
        string? mask = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Ignored, StringComparison.Ordinal)) : null;
        bool ignored = mask is not null && ((ulong.Parse(mask.AsSpan(Ignored.Length), NumberStyles.AllowHexSpecifier | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) >> (signal - 1)) & 1) == 1;
        Assert.SkipWhen(ignored, $"signal {signal} is ignored by the process that runs the tests, as in a shell's background, and those that it starts inherit it");
    }

    /// <summary>Sends one; fails when the process is gone.</summary>
    public static void Send(RunningProcess process, int signal) => Assert.Equal(0, Kill(process.Id, signal));

    /// <summary>Ends a process that the tests have not started themselves, at once.</summary>
    public static void End(int process) => Assert.Equal(0, Kill(process, KillNow));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
