using System.Diagnostics;
using MuonSharp.Formats;
using MuonSharp.Training.Tests.Checkpoints;

namespace MuonSharp.Training.Tests.Runs;

public sealed class RunLockTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_trainer_in_this_process_is_refused_and_told_who_holds_the_lock()
    {
        using RunLock held = RunLock.Acquire(_folder.Path);
        RunLockedException exception = Assert.Throws<RunLockedException>(() => RunLock.Acquire(_folder.Path));
        Assert.Equal(Environment.ProcessId, exception.ProcessId);
        Assert.Equal($"[run] {_folder.Path}: one trainer may own a run folder; this process ({Environment.ProcessId}) does already", exception.Message);
    }

    [Fact]
    public void Two_folders_have_two_locks()
    {
        using var other = new ScratchFolder();
        using RunLock first = RunLock.Acquire(_folder.Path);
        using RunLock second = RunLock.Acquire(other.Path);
    }

    [Fact]
    public void A_lock_given_up_can_be_taken_again()
    {
        RunLock first = RunLock.Acquire(_folder.Path);
        first.Dispose();
        first.Dispose();
        using RunLock second = RunLock.Acquire(_folder.Path);
        first.Dispose();
        _ = Assert.Throws<RunLockedException>(() => RunLock.Acquire(_folder.Path));
    }

    [Fact]
    public void Files_that_a_killed_trainer_left_behind_lock_nothing()
    {
        File.WriteAllText(_folder.At(".lock"), "");
        File.WriteAllText(_folder.At(".lock.holder"), "1\n");
        using RunLock held = RunLock.Acquire(_folder.Path);
        Assert.Equal(Environment.ProcessId, Assert.Throws<RunLockedException>(() => RunLock.Acquire(_folder.Path)).ProcessId);
    }

    [Fact]
    public void A_holder_on_another_machine_is_named_with_it()
    {
        using RunLock held = RunLock.Acquire(_folder.Path);
        Assert.Equal(new RunHolder(Environment.ProcessId, Environment.MachineName), RunHolder.Read(_folder.Path));
        Assert.True(RunHolder.Read(_folder.Path)!.IsHere);
        File.WriteAllText(_folder.At(".lock.holder"), "17 far-away\n");
        RunLockedException exception = Assert.Throws<RunLockedException>(() => RunLock.Acquire(_folder.Path));
        Assert.Equal((17, false), (exception.Holder!.ProcessId, exception.Holder.IsHere));
        Assert.Equal($"[run] {_folder.Path}: one trainer may own a run folder; process 17 on far-away does already", exception.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a number")]
    [InlineData("99999999999999999999")]
    public void A_holder_that_cannot_be_told_is_another_process(string content)
    {
        using RunLock held = RunLock.Acquire(_folder.Path);
        File.WriteAllText(_folder.At(".lock.holder"), content);
        RunLockedException exception = Assert.Throws<RunLockedException>(() => RunLock.Acquire(_folder.Path));
        Assert.Null(exception.ProcessId);
        Assert.EndsWith("another process does already", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_of_another_process_is_respected_and_gone_when_that_process_is_killed()
    {
        if (!File.Exists("/usr/bin/flock")) return;
        using RunLock touched = RunLock.Acquire(_folder.Path);
        touched.Dispose();
        var start = new ProcessStartInfo("/usr/bin/flock", ["--no-fork", _folder.At(".lock"), "/bin/sh", "-c", "echo held; exec sleep 600"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using Process other = Process.Start(start)!;
        try
        {
            Assert.Equal("held", other.StandardOutput.ReadLine());
            File.WriteAllText(_folder.At(".lock.holder"), $"{other.Id}\n");
            RunLockedException exception = Assert.Throws<RunLockedException>(() => RunLock.Acquire(_folder.Path));
            Assert.EndsWith($"process {other.Id} does already", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }

        RunLock.Acquire(_folder.Path).Dispose();
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_an_error_of_writing()
    {
        WriteFailedException exception = Assert.Throws<WriteFailedException>(() => RunLock.Acquire(_folder.At("missing")));
        Assert.StartsWith($"[run] {_folder.At("missing", ".lock")}: could not be written; ", exception.Message, StringComparison.Ordinal);
    }
}
