using MuonSharp.Cli.Bench;
using MuonSharp.Cli.Generate;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Train;

namespace MuonSharp.Cli.Tests.Parsing;

/// <summary>What somebody types who comes from another tool, and what it leads to.</summary>
public class UsageErrorsTests
{
    private static readonly Dictionary<string, ToolCommand> s_commands = new(StringComparer.Ordinal)
    {
        ["train"] = TrainCommand.Create(),
        ["generate"] = GenerateCommand.Create(),
        ["bench"] = BenchCommand.Create(),
    };

    [Theory]
    [InlineData("train --lr 0.01", "unknown option --lr; did you mean --set optimizer.learningRate=0.01?")]
    [InlineData("train --lr=0.01", "did you mean --set optimizer.learningRate=0.01?")]
    [InlineData("train --learning-rate 0.01", "did you mean --set optimizer.learningRate=0.01?")]
    [InlineData("train --batch 3", "did you mean --set train.batch=3?")]
    [InlineData("train --batch-size 3", "did you mean --set train.batch=3?")]
    [InlineData("train --model.layers=3", "did you mean --set model.layers=3?")]
    [InlineData("train --layers", "did you mean --set model.layers=VALUE?")]
    [InlineData("train --n_layer 6", "did you mean --set model.layers=6?")]
    [InlineData("train --weight_decay 0.1", "did you mean --set optimizer.weightDecay=0.1?")]
    [InlineData("train --epochs 3", "a run is counted in steps, not in epochs: --steps N")]
    [InlineData("train --device cuda", "training is done on the processor")]
    [InlineData("train --fp16", "all arithmetic is in float32")]
    [InlineData("train --max-steps 7", "did you mean --steps 7?")]
    [InlineData("train --dataset my.txt", "did you mean --data my.txt?")]
    [InlineData("train --output runs/a", "did you mean --run?")]
    [InlineData("train --init runs/a", "did you mean --from runs/a?")]
    [InlineData("train --stpes 3", "did you mean --steps?")]
    [InlineData("train --optimzer muon", "did you mean --optimizer?")]
    [InlineData("generate --temp 0.5", "did you mean --temperature?")]
    [InlineData("generate --max_new_tokens 50", "did you mean --tokens?")]
    [InlineData("generate runs/tiny", "unknown argument runs/tiny; did you mean --run runs/tiny?")]
    [InlineData("train --resume runs/tiny", "did you mean --run runs/tiny?")]
    [InlineData("bench --cores 2", "did you mean --threads?")]
    [InlineData("train --reduce ring", "--reduce must be tree or fast; 'ring' came")]
    [InlineData("generate --unknown drop", "--unknown must be refuse or skip; 'drop' came")]
    [InlineData("bench --lr 2", "unknown option --lr (")]
    public void The_word_leads_on(string line, string expected)
    {
        string[] words = line.Split(' ');
        string problem = UsageErrors.Describe(s_commands[words[0]].Command.Parse(words[1..]))!;
        Assert.StartsWith($"[{words[0]}] ", problem, StringComparison.Ordinal);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.EndsWith($" (muonsharp {words[0]} --help lists what there is)", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_is_a_file_is_data()
    {
        string file = typeof(UsageErrorsTests).Assembly.Location;
        Assert.Contains($"did you mean --data {file}?", UsageErrors.Describe(s_commands["train"].Command.Parse([file])), StringComparison.Ordinal);
    }
}
