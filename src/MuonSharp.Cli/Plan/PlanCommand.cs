using System.CommandLine;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Train;
using MuonSharp.Training;

namespace MuonSharp.Cli.Plan;

/// <summary><c>muonsharp plan</c>: a run on paper.</summary>
internal static class PlanCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new PlanOptions();
        var command = new Command(
            "plan", "Shows, without training, who steps which parameter and why, matrices, arithmetic, overhead and memory, for a model of any size.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var plan = TrainingPlan.Of(ConfigComposer.New(parsed, options));
            if (parsed.GetValue(options.Json))
            {
                PlanJson.Write(plan);
            }
            else
            {
                PlanText.Write(new Terminal(TerminalMode.Detect()), plan, parsed.GetValue(options.All), parsed.GetValue(options.BaseWidth));
            }

            return ExitCode.Done;
        });
        return new(command,
        [
            "muonsharp plan --preset gpt2-124m",
            "muonsharp plan --preset gpt2-124m --set train.accumulation=128 --optimizer soap",
            "muonsharp plan --config mine.json --all",
        ]);
    }
}
