namespace MuonSharp.EndToEnd.Processes;

/// <summary>A small file system in memory, for disks that fill up or cannot be written. Needs Linux and root.</summary>
internal sealed class Mount : IDisposable
{
    private readonly string folder;

    private Mount(string folder) => this.folder = folder;

    /// <summary>Mounts one; skips the test, with the reason, where that is not allowed.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="kilobytes">How much it holds.</param>
    public static Mount Small(string folder, int kilobytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting a small file system needs Linux and root");
        ProcessResult result = Command("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", folder);
        Assert.SkipUnless(result.ExitCode == 0, $"mounting a small file system is refused here: {result.Error.Trim()}");
        return new Mount(folder);
    }

    /// <summary>Mounts again with another option, such as <c>ro</c> or <c>size=64m</c>.</summary>
    public void Remount(string option) => Command("mount", "-o", $"remount,{option}", folder).Exits(0);

    public void Dispose() => Command("umount", "-l", folder);

    private static ProcessResult Command(string program, params string[] arguments)
    {
        using var running = new RunningProcess(program, arguments, null, null);
        return running.Wait();
    }
}
