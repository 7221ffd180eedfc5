using System.Diagnostics;
using System.Text;

namespace MuonSharp.EndToEnd.Processes;

/// <summary>A process whose output is collected while it runs.</summary>
internal sealed class RunningProcess : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder error = new();
    private readonly Lock gate = new();

    public RunningProcess(string program, IEnumerable<string> arguments, string? folder, IReadOnlyDictionary<string, string>? variables)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What this test process was started with must not steer the tool.
        foreach (string? name in start.Environment.Keys.Where(name => name.StartsWith("MUONSHARP_", StringComparison.Ordinal) || name == "NO_COLOR").ToList())
        {
            start.Environment.Remove(name);
        }

        foreach ((string? name, string? value) in variables ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Add(output, line.Data);
        process.ErrorDataReceived += (_, line) => Add(error, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public string Output
    {
        get
        {
            lock (gate)
            {
                return output.ToString();
            }
        }
    }

    public string Error
    {
        get
        {
            lock (gate)
            {
                return error.ToString();
            }
        }
    }

    /// <summary>Waits until standard output or standard error holds the text; false when the process ended without it.</summary>
    public bool WaitForText(string text) => WaitUntil(() => Output.Contains(text, StringComparison.Ordinal) || Error.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits until something is so; false when it was not when the process ended.</summary>
    public bool WaitUntil(Func<bool> isSo)
    {
        while (!isSo())
        {
            if (process.HasExited)
            {
                process.WaitForExit();
                return isSo();
            }

            Thread.Sleep(5);
        }

        return true;
    }

    /// <summary>Waits for the end.</summary>
    public ProcessResult Wait()
    {
        process.WaitForExit();
        return new ProcessResult(process.ExitCode, Output, Error);
    }

    /// <summary>kill -9.</summary>
    public void Kill() => process.Kill();

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private void Add(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (gate)
            {
                text.Append(line).Append('\n');
            }
        }
    }
}
