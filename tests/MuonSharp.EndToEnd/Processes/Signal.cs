using System.Runtime.InteropServices;

namespace MuonSharp.EndToEnd.Processes;

/// <summary>Signals of Unix, sent to a process by number.</summary>
internal static partial class Signal
{
    public const int HangUp = 1;
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Terminate = 15;

    /// <summary>Sends one; fails when the process is gone.</summary>
    public static void Send(RunningProcess process, int signal) => Assert.Equal(0, Kill(process.Id, signal));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
