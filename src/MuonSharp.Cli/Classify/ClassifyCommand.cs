using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Pictures;
using MuonSharp.Training;

namespace MuonSharp.Cli.Classify;

/// <summary><c>muonsharp classify</c>: which class an image is of, by a run's network.</summary>
internal static class ClassifyCommand
{
    private const int MostClasses = 5;

    private static readonly RunChoice s_run = new("classify", "classify with");

    private static readonly Argument<string[]> s_images = new("IMAGE")
    {
        Description = "A PNG or JPEG file, or a record of an IDX or CIFAR file: FILE#N, counted from 0.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> s_views = new("--views") { HelpName = "1|2|6", Description = "Views of an image that are averaged: itself, its mirror image, both moved by a pixel.", DefaultValueFactory = _ => "1" };

    private static readonly Option<int> s_threads = CommonOptions.Threads();

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var command = new Command("classify", "Says which class images are of, by a run's network: the five most probable, with their probabilities.");
        command.Add(s_images);
        foreach (Option option in (Option[])[s_run.Run, s_run.Checkpoint, s_views, s_threads, s_json])
        {
            command.Add(option);
        }

        command.SetAction(Run);
        return new(command,
        [
            "muonsharp classify --run runs/mine shoe.png",
            "muonsharp classify --run runs/mine t10k-images-idx3-ubyte.gz#0 t10k-images-idx3-ubyte.gz#1",
            "muonsharp classify --run runs/mine test_batch.bin#17 --views 6 --json",
        ]);
    }

    private static int Run(ParseResult parsed)
    {
        if (!int.TryParse(parsed.GetValue(s_views), NumberStyles.None, CultureInfo.InvariantCulture, out int views) || !ImageViews.Counts.Contains(views))
        {
            throw ToolException.Usage($"[classify] --views must be one of {string.Join(", ", ImageViews.Counts)}; '{parsed.GetValue(s_views)}' came");
        }

        ModelChoice run = s_run.Read(parsed);
        using var classifier = ImageClassifier.FromRun(run.Path, parsed.GetValue(s_threads), run.Checkpoint!.Value);
        foreach (string notice in classifier.Notices)
        {
            ErrorReport.Note(notice);
        }

        var decoder = new PictureDecoder();
        var terminal = new Terminal(TerminalMode.Detect());
        foreach (string name in parsed.GetValue(s_images)!)
        {
            double[] probabilities = classifier.Classify(classifier.Read(name, decoder), views);
            (string Class, double Probability)[] best =
            [
                .. classifier.Classes.Zip(probabilities).OrderByDescending(each => each.Second).Take(MostClasses).Select(each => (each.First, each.Second)),
            ];
            if (parsed.GetValue(s_json))
            {
                JsonLines.Write(new JsonObject
                {
                    ["kind"] = "classes",
                    ["image"] = name,
                    ["step"] = classifier.Step,
                    ["classes"] = new JsonArray([.. best.Select(JsonNode (each) => new JsonObject
                    {
                        ["class"] = each.Class,
                        ["probability"] = double.IsFinite(each.Probability) ? each.Probability : null,
                    })]),
                });
                continue;
            }

            terminal.Line(name, Style.Strong);
            terminal.Columns(best.Select(each => (string[])[string.Create(CultureInfo.InvariantCulture, $"{100 * each.Probability,7:0.00} %"), each.Class]), Style.Plain);
        }

        return ExitCode.Done;
    }
}
