using Krewe.Fleet.Tests.Local.Storage;
using Xunit.Runner.InProc.SystemConsole;

return StateWriterProcess.RunsHere() ? 3 : await ConsoleRunner.Run(args);
