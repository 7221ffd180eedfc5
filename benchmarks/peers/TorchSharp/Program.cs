using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using MuonSharp.Peers;
using TorchSharp;

// MuonSharp.TorchSharpPeer run [GROUP...] [options]            checks, then alternating rounds and their table
// MuonSharp.TorchSharpPeer check [GROUP...]                    that both sides compute the same
// MuonSharp.TorchSharpPeer measure ours|theirs NAME THREADS quick|full [FORM [OPTIMIZER]]     one side, once, in a process of its own
// MuonSharp.TorchSharpPeer step ROUNDS THREADS                  Muon's step over torch memory, in torch operations and native, in one process
try
{
    switch (args)
    {
        case ["check", .. var rest]:
            Check(PeerOptions.Parse(rest));
            return 0;
        case ["run", .. var rest]:
            PeerOptions options = PeerOptions.Parse(rest);
            Check(options);
            new AlternatingRounds(options).Run();
            return 0;
        case ["measure", ("ours" or "theirs") and var side, var name, var threads, ("quick" or "full") and var length, .. var form]:
            Measure(side, name, int.Parse(threads, CultureInfo.InvariantCulture), length == "quick", form.ElementAtOrDefault(0) ?? "", form.ElementAtOrDefault(1) ?? "");
            return 0;
        case ["step", var rounds, var workers]:
            foreach (StepSizes sizes in StepSizes.All)
            {
                MuonSteps.Run(sizes, Math.Max(1, int.Parse(rounds, CultureInfo.InvariantCulture) / sizes.Share), int.Parse(workers, CultureInfo.InvariantCulture));
            }

            return 0;
        default:
            throw new ArgumentException("[peer] the first word is run, check, measure or step; see the head of Program.cs");
    }
}
catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or IOException or ExternalException)
{
    // What libtorch throws goes on with its stack.
    Console.Error.WriteLine(exception.Message.Split('\n')[0]);
    return 1;
}

static void Check(PeerOptions options)
{
    torch.set_num_threads(options.Threads);
    foreach (string line in options.Groups.SelectMany(PeerChecks.Of))
    {
        Console.Error.WriteLine(line);
    }
}

static void Measure(string side, string name, int threads, bool quick, string form, string optimizer)
{
    if (side == "theirs")
    {
        torch.set_num_threads(threads);
    }

    using IWork work = side == "theirs" ? PeerCase.Theirs(name, form, optimizer) : PeerCase.Ours(name, threads);
    (double milliseconds, int calls) = WorkTimer.Measure(work, quick);
    Console.WriteLine(new JsonObject { ["kind"] = "bench", ["name"] = name, ["milliseconds"] = milliseconds, ["calls"] = calls, ["flops"] = work.Flops }.ToJsonString());
}
